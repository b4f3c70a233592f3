// Draws the charts of the page with Vega-Lite, from the rows that the page holds.

function rowsOf(columns) {
  const names = Object.keys(columns);
  const read = names.map((name) => {
    const column = columns[name];
    return Array.isArray(column) ? (i) => column[i] : (i) => column.names[column.codes[i]] ?? null;
  });
  const first = names.length ? columns[names[0]] : [];
  const length = Array.isArray(first) ? first.length : first.codes.length;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(names.map((name, k) => [name, read[k](i)])),
  );
}

class Chart {
  constructor(place, chart) {
    this.place = place;
    this.chart = chart;
    this.rows = chart.history ? null : rowsOf(chart.columns);
    this.views = [];
    this.drawn = false;
    this.turn = 0;
    place.addEventListener("change", () => this.draw());
    for (const button of place.querySelectorAll("button[data-series]")) {
      button.addEventListener("click", () => {
        const on = button.dataset.series === "all";
        for (const box of this.boxes()) box.checked = on;
        this.draw();
      });
    }
    const numbers = place.querySelector("details.numbers");
    if (numbers) numbers.addEventListener("toggle", () => this.tabulate());
  }

  boxes() {
    return [...this.place.querySelectorAll("input[data-member]")];
  }

  picked(name) {
    const chosen = this.place.querySelector(`[name="${CSS.escape(`${this.chart.id}-${name}`)}"]:checked`);
    return chosen ? chosen.value : null;
  }

  listed(field) {
    return this.place.querySelector(`select[data-field="${field}"]`)?.value;
  }

  quantity() {
    return this.chart.quantities[Number(this.picked("quantity") ?? 0)];
  }

  chosen() {
    const quantity = this.quantity();
    let rows = this.rows;
    if (this.chart.history) {
      rows = historyRows(this.chart.history, this.listed("machine"), this.listed("case"));
    } else {
      for (const list of this.place.querySelectorAll("select[data-field]")) {
        rows = rows.filter((row) => String(row[list.dataset.field]) === list.value);
      }
    }
    if (this.chart.series) {
      const shown = new Set(this.boxes().filter((box) => box.checked).map((box) => box.dataset.member));
      // Rows of no series, such as a roof, belong to all.
      rows = rows.filter((row) => row[this.chart.series] === null || shown.has(String(row[this.chart.series])));
    }
    return rows
      .filter((row) => row[quantity.value] !== null && row[quantity.value] !== undefined)
      .map((row) => {
        const [value, low, high] = [row[quantity.value], row[quantity.low] ?? null, row[quantity.high] ?? null];
        return {
          ...row, value, low: low ?? value, high: high ?? value,
          text: measured(value, low, high, quantity.unit, quantity.prefixed),
          ...("seconds_low" in row && { time: measured(row.seconds, row.seconds_low, row.seconds_high, "s") }),
        };
      });
  }

  specification(panel, rows) {
    const spec = structuredClone(panel);
    const quantity = this.quantity();
    const style = getComputedStyle(document.documentElement);
    const foreground = style.getPropertyValue("--ink").trim();
    spec.data = { values: rows };
    // As many rows high as there are names: Vega-Lite can't be both stepped and as wide as its place.
    if (spec.height?.step) {
      const names = new Set(rows.map((row) => row[spec.encoding.y.field]));
      spec.height = spec.height.step * names.size;
    }
    const encodings = [spec.encoding, ...(spec.layer ?? []).map((layer) => layer.encoding)].filter(Boolean);
    for (const encoding of encodings) {
      for (const channel of ["x", "y"]) {
        const own = encoding[channel];
        if (!own) continue;
        const drawn = ["value", "low", "high", "band_low"].includes(own.field);
        if (drawn && own.axis) {
          own.title = quantity.label;
          own.axis.labelExpr = `format(datum.value, '${quantity.prefixed ? "~s" : "~g"}') + '${quantity.unit}'`;
        }
        const wanted = drawn && !quantity.log ? "linear" : this.picked(`scale-${channel}`);
        // What is linear from the start, such as a count from zero, stays so.
        if (wanted && own.scale?.type === "log") own.scale = scaled(own.scale, wanted);
        if (own.scale?.type === "log" && own.axis && isWide(rows, own.field)) own.axis.labelExpr = sparse(own.axis.labelExpr ?? "format(datum.value, '~s')");
      }
      // Black is the first colour on paper; in the dark it is the colour of text.
      const range = encoding.color?.scale?.range;
      if (range) {
        const lift = parseFloat(style.getPropertyValue("--lift")) / 100;
        encoding.color.scale.range = range.map((one) => (one === "#000000" ? foreground : lifted(one, lift)));
      }
    }
    return spec;
  }

  async draw() {
    this.drawn = true;
    this.turn += 1;
    const turn = this.turn;
    delete this.place.dataset.drawn;
    const rows = this.chosen();
    const places = [...this.place.querySelectorAll(".panel")];
    const empty = this.place.querySelector(".empty");
    empty.hidden = rows.length > 0;
    for (const view of this.views) view.finalize();
    this.views = [];
    for (const [number, place] of places.entries()) {
      place.hidden = rows.length === 0;
      if (rows.length === 0) continue;
      const spec = this.specification(this.chart.panels[number], rows);
      // The interpreter stands for eval, which the page's security policy forbids.
      const result = await vegaEmbed(place, spec, {
        mode: "vega-lite", renderer: "svg", actions: false, ast: true,
        logLevel: 1, // errors only: an empty layer, such as none measured, is no warning to a reader
        config: chartConfig(), tooltip: { theme: isDark() ? "dark" : "light" },
      });
      if (turn !== this.turn) { result.finalize(); return; }
      this.views.push(result);
    }
    this.tabulate();
    this.place.dataset.drawn = String(rows.length);
  }

  // The same numbers as a table, for those who can't see or point.
  tabulate() {
    const numbers = this.place.querySelector("details.numbers");
    if (!numbers?.open) return;
    const fields = Object.entries(this.chart.tabulated);
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const [field, title] of [...fields, ["text", this.quantity().label]]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of this.chosen()) {
      const line = body.insertRow();
      for (const [field] of [...fields, ["text"]]) line.insertCell().textContent = row[field] ?? "–";
    }
    const scroller = numbers.querySelector(".scroller");
    scroller.replaceChildren(table);
  }
}

function scaled(scale, type) {
  const { zero, ...rest } = scale;
  if (type === "log") return { ...rest, type, nice: false };
  return { ...rest, type, zero: zero ?? false, nice: true };
}

// A colour nearer to white, so that dark ones show in the dark too.
function lifted(hex, share) {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) * share)).join(", ")})`;
}

// Whether values span so much that only some ticks can be labelled.
function isWide(rows, field) {
  const values = rows.map((row) => row[field]).filter((value) => value > 0);
  return Math.max(...values) / Math.min(...values) > 8;
}

// On a logarithmic axis, label 1, 2 and 5 of every decade; overlaps go by themselves.
function sparse(label) {
  const lead = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))";
  return `indexof([1, 2, 5], ${lead}) >= 0 ? ${label} : ''`;
}

function isDark() {
  return getComputedStyle(document.documentElement).colorScheme.trim() === "dark";
}

function chartConfig() {
  const style = getComputedStyle(document.documentElement);
  const [ink, faint, line] = ["--ink", "--faint", "--line"].map((name) => style.getPropertyValue(name).trim());
  return {
    background: "transparent",
    font: style.getPropertyValue("--font").trim(),
    view: { stroke: "transparent" },
    axis: {
      labelColor: ink, titleColor: ink, domainColor: faint, tickColor: faint, gridColor: line,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
    },
    text: { color: ink },
    rule: { color: faint },
    header: { labelColor: ink, titleColor: ink },
    legend: { labelColor: ink, titleColor: ink, orient: "bottom", columns: 3, labelFontSize: 12 },
  };
}

const charts = [];

function drawCharts() {
  const told = JSON.parse(document.getElementById("charts").textContent);
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        charts.find((one) => one.place === entry.target).draw();
      }
    },
    { rootMargin: "600px" },
  );
  for (const one of told) {
    const place = document.getElementById(one.id);
    charts.push(new Chart(place, one));
    near.observe(place);
  }
  window.addEventListener("beforeprint", () => charts.filter((one) => !one.drawn).forEach((one) => one.draw()));
}

function redrawCharts() {
  for (const one of charts) if (one.drawn) one.draw();
}
