// Of a history: the runs of a machine with a case, as bench/report/charts/history.py wrote
// them down.

function wholeNumbers(text, unit) {
  if (!text) return () => null;
  const parts = text.split(",");
  return (i) => (parts[i] === "" ? null : Number(parts[i]) * unit);
}

function historyRows(history, machine, name) {
  const place = history.machines.find((one) => one.name === machine) ?? history.machines[0];
  const told = place.series[history.cases.indexOf(name)];
  if (!told) return [];
  const seconds = wholeNumbers(told.seconds, 10 ** told.exponent);
  const [half, middle, band] = [told.half, told.middle, told.band].map((text) => wholeNumbers(text, 1e-4));
  const steps = new Map(told.steps.map((step) => [step[0], step]));
  const rows = place.runs.map((run, i) => {
    const value = seconds(i);
    return {
      ...run,
      when: run.taken.slice(0, 16).replace("T", " "),
      seconds: value,
      ...around("seconds", value, half(i) === null ? undefined : [1 - half(i), 1 + half(i)]),
      ...expected(value, middle(i), band(i)),
      mark: history.marks[told.marks[i]] ?? null,
      ...stepped(steps.get(i), place.texts),
    };
  });
  const drawn = rows.filter((row) => row.seconds !== null);
  const banded = (row) => row !== undefined && row.band_low !== null;
  return drawn.map((row, i) => ({ ...row, alone: banded(row) && !banded(drawn[i - 1]) && !banded(drawn[i + 1]) }));
}

function around(name, value, [low, high] = [null, null]) {
  return { [`${name}_low`]: low === null ? null : value * low, [`${name}_high`]: high === null ? null : value * high };
}

// Where the earlier runs let it be expected.
function expected(value, middle, band) {
  if (middle === null || band === null) return { ...around("band", value), expected: "–" };
  const ends = [-band, band].map((end) => (1 + middle) * Math.exp(end));
  const { band_low: low, band_high: high } = around("band", value, ends);
  const digits = significant(value, (high - low) / 2);
  return { band_low: low, band_high: high, expected: `${engineering(low, "s", digits)} to ${engineering(high, "s", digits)}` };
}

// A change point that begins with a run.
function stepped(step, texts) {
  if (!step) return { change: null };
  const [, label, change, text] = step;
  return { change, change_label: label, changed: texts[text] };
}
