// Puts the page together: the distance, the result, and which part is shown.

const STOPS = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 100];

async function start() {
  const page = JSON.parse(await stored("figures"));
  const first = page.distances[0] ?? 0;
  const stops = [...new Set([...STOPS.filter((stop) => stop >= first), ...page.distances])].sort(
    (one, other) => one - other,
  );
  const moves = page.scenarios.some((scenario) => scenario.runs.some((run) => run?.moves));
  const state = { rtt: first, stops: moves ? stops : page.distances, run: 0, params: null, sort: null };
  const list = findings(page, state);
  const view = scenarioView(page, state);
  claims();
  const controls = document.getElementById("controls");
  if (moves || page.distances.length > 1)
    controls.append(
      slider(page, state, () => {
        list.show();
        view.show();
      }),
    );
  if (page.runs.length > 1) controls.prepend(runChoice(page, state, () => view.ofRun()));
  addEventListener("hashchange", () => route(page, list, view, true));
  list.show();
  route(page, list, view, false);
  document.documentElement.classList.add("ready");
}

function slider(page, state, moved) {
  const { stops } = state;
  const input = element("input", {
    type: "range",
    id: "distance",
    min: 0,
    max: stops.length - 1,
    step: 1,
    value: stops.indexOf(state.rtt),
  });
  const ticks = element(
    "span",
    { class: "ticks", "aria-hidden": "true" },
    page.distances.map((rtt) => {
      const tick = element("i", { "data-rtt": rtt });
      tick.style.left = `${(100 * stops.indexOf(rtt)) / (stops.length - 1 || 1)}%`;
      return tick;
    }),
  );
  input.addEventListener("input", () => {
    state.rtt = stops[Number(input.value)];
    moved();
  });
  return element(
    "div",
    { class: "distance" },
    element("label", { for: "distance" }, "Round-trip time"),
    element("span", { class: "track" }, input, ticks),
    element("output", { for: "distance" }),
  );
}

function runChoice(page, state, changed) {
  const select = element(
    "select",
    { id: "run" },
    page.runs.map((run, number) => element("option", { value: number }, run.label)),
  );
  select.addEventListener("input", () => {
    state.run = Number(select.value);
    changed();
  });
  return field("Result", select);
}

function fromAddress(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Show the part that the address names; of an address that names none, the findings. */
function route(page, list, view, byReader) {
  const named = fromAddress(location.hash.slice(1));
  const scenario =
    page.scenarios.find((one) => one.name === named) ??
    (page.scenarios.length === 1 && !named ? page.scenarios[0] : undefined);
  const part = scenario ? "scenario" : ["claims", "method"].includes(named) ? named : "findings";
  if (named === "main") return;
  for (const id of ["findings", "scenario", "claims", "method"]) document.getElementById(id).hidden = id !== part;
  document.documentElement.classList.toggle("inner", part !== "findings" && page.scenarios.length > 1);
  const choice = document.getElementById("run")?.parentNode;
  if (choice) choice.hidden = part !== "scenario";
  document.getElementById("controls").hidden = !["findings", "scenario"].includes(part);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${part === "scenario" ? "findings" : part}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (scenario) view.open(scenario);
  else {
    view.close();
    list.tell();
  }
  // A browser goes to what an address names before this script puts anything else there.
  if (location.hash) scrollTo(0, 0);
  if (byReader) {
    document.querySelector(`#${part} h2`).focus({ preventScroll: true });
  }
}

document.documentElement.classList.add("js");
start().catch((error) => {
  document.documentElement.classList.remove("js");
  document
    .getElementById("main")
    .prepend(
      element(
        "p",
        { class: "notice", role: "alert" },
        `This page's script could not start (${error.message}). What stands below is whole; a newer browser shows more.`,
      ),
    );
});
