// Sorts and filters the tables that ask for it.

class SortableTable {
  constructor(place) {
    this.place = place;
    this.body = place.querySelector("tbody");
    this.rows = [...this.body.rows];
    this.status = place.querySelector("[role=status]");
    this.total = this.rows.length;
    for (const button of place.querySelectorAll("th button")) {
      button.addEventListener("click", () => this.sort(button.closest("th")));
    }
    place.addEventListener("input", () => this.filter());
    const clear = place.querySelector("button.clear");
    if (clear) {
      clear.addEventListener("click", () => {
        for (const one of place.querySelectorAll("select, input[type=search]")) one.value = "";
        this.filter();
      });
    }
    this.filter();
  }

  sort(head) {
    const column = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const one of this.place.querySelectorAll("thead th")) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const number = head.dataset.kind === "number";
    const key = (row) => {
      const cell = row.cells[column];
      if (!number) return cell.textContent.trim();
      return cell.dataset.sort === undefined ? null : Number(cell.dataset.sort);
    };
    const compare = number
      ? (a, b) => a - b
      : (a, b) => a.localeCompare(b, undefined, { numeric: true });
    const keyed = this.rows.map((row) => [key(row), row]);
    keyed.sort(([a], [b]) => {
      // What has no number is last, whichever way.
      if (a === null || b === null) return (a === null) - (b === null);
      return up ? compare(a, b) : compare(b, a);
    });
    this.rows = keyed.map(([, row]) => row);
    this.body.append(...this.rows);
  }

  filter() {
    const search = this.place.querySelector("input[type=search]");
    const words = search ? search.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    const lists = [...this.place.querySelectorAll("select[data-column]")].filter((one) => one.value);
    let shown = 0;
    for (const row of this.rows) {
      const text = words.length ? row.textContent.toLowerCase() : "";
      const fits = words.every((word) => text.includes(word))
        && lists.every((one) => row.cells[Number(one.dataset.column)].textContent.trim() === one.value);
      row.hidden = !fits;
      shown += fits;
    }
    if (this.status) this.status.textContent = `${shown} of ${this.total} shown`;
  }
}

function readyTables() {
  for (const place of document.querySelectorAll("[data-sortable]")) new SortableTable(place);
}
