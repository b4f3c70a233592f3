// How numbers are written: a prefix, and the digits that their interval allows. The same rule
// as bench/report/digits.py.
const PREFIXES = { 12: "T", 9: "G", 6: "M", 3: "k", 0: "", "-3": "m", "-6": "µ", "-9": "n" };

function significant(value, halfWidth) {
  if (halfWidth === null || Number.isNaN(halfWidth) || value === 0) return 3;
  if (halfWidth <= 0) return 4;
  const [mantissa, exponent] = halfWidth.toExponential(1).split("e");
  const last = Number(exponent) - (mantissa.startsWith("1") ? 1 : 0);
  const first = Math.floor(Math.log10(Math.abs(value)));
  return Math.min(Math.max(first - last + 1, 1), 4);
}

function engineering(value, unit, digits) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return `0 ${unit}`.trim();
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const scale = Math.min(Math.max(3 * Math.floor(Number(exponent) / 3), -9), 9);
  const shift = Number(exponent) - scale;
  const scaled = Number(mantissa) * 10 ** shift;
  return `${scaled.toFixed(Math.max(0, digits - 1 - shift))} ${PREFIXES[scale]}${unit}`.trim();
}

// A number with its interval: "497 µs (494 to 500 µs)".
function measured(value, low, high, unit, prefixed = true) {
  if (value === null || value === undefined) return "–";
  const known = low !== null && high !== null && low !== undefined && high !== undefined;
  const digits = significant(value, known ? (high - low) / 2 : null);
  const write = prefixed
    ? (number) => engineering(number, unit, digits)
    : (number) => `${Number(number.toPrecision(known ? digits : 4))}${unit}`;
  return known ? `${write(value)} (${write(low)} to ${write(high)})` : write(value);
}
