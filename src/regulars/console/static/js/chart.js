// Draws the plots of the reports: columns over days, bars that lie. The numbers stand in `data-plot`, the same
// numbers in a table beside it. Loads its library after the first paint, and draws again when size or theme change.

const LOOKS = { solid: "--c1", hatched: "--c5", line: "--c2" };
const HATCH = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: -Math.PI / 4 };
const LABELS_PX = 64;
const BAR_PX = 26;
const drawn = new Set();

/** A colour token as the browser resolves it here and now. */
function colours(element) {
  const probe = element.appendChild(document.createElement("i"));
  const read = (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(
    ["--c1", "--c2", "--c5", "--text", "--muted", "--line", "--surface"].map((token) => [token, read(token)]),
  );
  probe.remove();
  return found;
}

/** Writes values: short on the axis, whole where somebody looks closely. */
function writers({ unit, currency, digits }) {
  if (unit === "percent") return { short: (value) => `${value}%`, whole: (value) => `${value}%` };
  const language = document.documentElement.lang || "en";
  const money = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const short = { style: "currency", currency, notation: "compact", maximumFractionDigits: 1 };
  return {
    short: new Intl.NumberFormat(language, { ...short, minimumFractionDigits: 0 }).format,
    whole: new Intl.NumberFormat(language, money).format,
  };
}

function series(plot, one, tint, bars) {
  const colour = tint[LOOKS[one.look]];
  const same = { name: one.name, data: one.values, stack: one.stack, animation: false };
  if (one.look === "line") {
    const many = one.values.length > 60;
    return {
      ...same, type: "line", symbol: "diamond", symbolSize: 7, showSymbol: !many, color: colour,
      lineStyle: { type: "dashed", width: 2 }, z: 3,
    };
  }
  const hatch = one.look === "hatched" ? { decal: { ...HATCH, color: tint["--surface"] } } : {};
  return {
    ...same, type: "bar", color: colour, itemStyle: { ...hatch, borderRadius: bars ? [0, 2, 2, 0] : 0 },
    barMaxWidth: bars ? 14 : 40, barGap: "20%",
  };
}

function options(plot, tint, width) {
  const bars = plot.kind === "bars";
  const { short, whole } = writers(plot);
  const { fontFamily } = getComputedStyle(document.body);
  const words = { color: tint["--muted"], fontFamily, fontSize: 11 };
  const names = {
    type: "category", data: plot.labels, inverse: bars, axisTick: { show: false },
    axisLine: { lineStyle: { color: tint["--line"] } },
    axisLabel: bars ? { ...words, width: Math.min(150, width / 3), overflow: "truncate" } : { ...words, hideOverlap: true },
  };
  const sums = {
    type: "value", splitNumber: bars ? Math.max(2, Math.floor(width / 140)) : 4,
    axisLabel: { ...words, formatter: short, hideOverlap: true }, splitLine: { lineStyle: { color: tint["--line"] } },
    ...(plot.unit === "percent" ? { max: 100, interval: width < 500 ? 50 : 20 } : {}),
  };
  return {
    textStyle: { fontFamily },
    grid: { left: 4, right: 16, top: legendHeight(plot.series.length, width), bottom: 8, containLabel: true },
    legend: plot.series.length > 1
      ? { top: 0, left: 0, itemGap: 16, itemWidth: 18, itemHeight: 10, selectedMode: false, textStyle: { ...words, fontSize: 12 } }
      : undefined,
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: bars ? "shadow" : "line" },
      backgroundColor: tint["--surface"], borderColor: tint["--line"],
      textStyle: { color: tint["--text"], fontFamily, fontSize: 12 },
      valueFormatter: whole,
    },
    xAxis: bars ? sums : { ...names, axisLabel: { ...names.axisLabel, interval: every(plot.labels.length, width) } },
    yAxis: bars ? names : sums,
    series: plot.series.map((one) => series(plot, one, tint, bars)),
  };
}

/** Room for the legend, which takes a second line where three names do not fit on one. */
function legendHeight(names, width) {
  if (names === 1) return 12;
  return names > 2 && width < 420 ? 58 : 36;
}

/** So many labels are left out between two that stand. */
function every(count, width) {
  return Math.max(0, Math.ceil((count * LABELS_PX) / Math.max(width, 1)) - 1);
}

function draw(one) {
  const { element, chart, plot } = one;
  if (!element.isConnected) {
    chart.dispose();
    drawn.delete(one);
    return;
  }
  chart.resize();
  chart.setOption(options(plot, colours(element), element.clientWidth), { notMerge: true });
}

const drawAll = () => drawn.forEach(draw);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.addEventListener("htmx:after:swap", drawAll);

export async function start(element) {
  const plot = JSON.parse(element.dataset.plot);
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  await import(element.dataset.library);
  if (!element.isConnected) return;
  element.replaceChildren();
  const height = plot.kind === "bars" ? 40 + plot.labels.length * plot.series.length * BAR_PX * 0.75 + 24 : 260;
  const chart = globalThis.echarts.init(element, null, { renderer: "svg", height: Math.max(120, height) });
  const one = { element, chart, plot };
  drawn.add(one);
  draw(one);
  new ResizeObserver(() => draw(one)).observe(element);
  element.dataset.drawn = "yes";
}
