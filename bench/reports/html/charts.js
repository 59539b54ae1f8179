// Charts: Vega draws them, and its script is unpacked when the first is wanted.

let vegaReady = null;

/** Run the script that the page carries. Its text is allowed by its hash, so that no other could be put in here. */
function readyVega() {
  vegaReady ??= stored("vega").then((text) => {
    document.head.append(element("script", {}, text));
    return window.vegaEmbed;
  });
  return vegaReady;
}

let chartsRead = null;

/** The charts of a scenario in a result, read once and when the first are wanted. */
async function charts(scenario, run, page) {
  if (page.how_to_get_charts) return [element("p", { class: "muted small" }, page.how_to_get_charts)];
  chartsRead ??= stored("charts").then((text) => JSON.parse(text ?? "{}"));
  return ((await chartsRead)[scenario]?.[run] ?? []).map(figureOf);
}

function figureOf(chart) {
  const drawing = element("div", { role: "img", "aria-label": `${chart.title}. ${chart.text}` });
  const figure = element(
    "figure",
    {},
    element("figcaption", { class: "unseen" }, chart.title),
    element("div", { class: "drawing", role: "group", tabindex: 0, "aria-label": chart.title }, drawing),
    element(
      "details",
      {},
      element("summary", {}, "The figures in words"),
      element("p", { class: "small" }, chart.text),
    ),
  );
  draw(drawing, withRows(chart.spec));
  return figure;
}

/** A specification as Vega-Lite has it, with rows for the columns that it is kept in. */
function withRows(value) {
  if (Array.isArray(value)) return value.map(withRows);
  if (value === null || typeof value !== "object") return value;
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === "columns" && typeof value.columns === "object") {
    const columns = Object.entries(value.columns);
    return columns[0][1].map((_, row) =>
      Object.fromEntries(columns.map(([name, column]) => [name, withRows(column[row])])),
    );
  }
  return Object.fromEntries(names.map((name) => [name, withRows(value[name])]));
}

async function draw(place, spec) {
  const vegaEmbed = await readyVega();
  const inner = element("div", { "aria-hidden": "true" });
  place.replaceChildren(inner);
  // In these two the page's style gives them the theme's; so it does with the colours of charts.
  const [text, line] = ["#1c2128", "#d9dee4"];
  const theme = {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: text, titleColor: text },
    title: { color: text, subtitleColor: text },
    header: { labelColor: text, titleColor: text },
  };
  // `ast` has Vega walk its expressions, for the page's policy lets no text become code.
  await vegaEmbed(inner, spec, {
    ast: true,
    mode: "vega-lite",
    actions: false,
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
    config: theme,
    loader: { load: () => Promise.reject(new Error("this page loads nothing")) },
  });
}
