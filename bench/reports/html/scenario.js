// One scenario: its answer, and its table at the size and the distance that are chosen.

function scenarioView(page, state) {
  const section = document.getElementById("scenario");
  const here = element("div", { class: "here", "aria-live": "polite" });
  const tables = element("div");
  const charted = element("div");
  const opened = new Map();
  let shown = null;

  function open(scenario) {
    shown = scenario;
    state.params = null;
    state.sort = null;
    const all = page.scenarios;
    const at = all.indexOf(scenario);
    section.replaceChildren(
      element(
        "div",
        { class: "crumb", hidden: all.length < 2 },
        element("a", { href: "#findings" }, "← All findings"),
        scenarioChoice(page, scenario),
      ),
      element(
        "h2",
        { id: "scenario-title", tabindex: -1, class: all.length < 2 ? "unseen" : false },
        scenario.question || scenario.name,
      ),
      element("div", { id: "of-run" }),
      element(
        "p",
        { class: "way", hidden: all.length < 2 },
        at > 0
          ? element("a", { href: address(all[at - 1]), rel: "prev" }, `← ${all[at - 1].question}`)
          : element("span"),
        at < all.length - 1
          ? element("a", { href: address(all[at + 1]), rel: "next" }, `${all[at + 1].question} →`)
          : null,
      ),
    );
    ofRun();
  }

  function ofRun() {
    if (!shown) return;
    opened.clear();
    const run = shown.runs[state.run];
    const body = section.querySelector("#of-run");
    if (!run) {
      body.replaceChildren(
        element("p", { class: "notice" }, `It is not in the result ${page.runs[state.run].label}.`),
        side(),
      );
      show();
      return;
    }
    const [first, ...others] = run.answer;
    drawCharts();
    body.replaceChildren(
      element("p", { class: "opening" }, sentence(first)),
      others.length
        ? element(
            "ul",
            { class: "further" },
            others.map((one) => element("li", {}, sentence(one))),
          )
        : "",
      chooser(run),
      here,
      side(),
      tables,
      charted,
      claimsOf(run, page),
      element("p", { class: "muted small" }, sentence(run.about)),
    );
    show();
  }

  async function drawCharts() {
    const [scenario, run] = [shown, state.run];
    charted.replaceChildren();
    const found = await charts(scenario.name, run, page);
    // The reader may have gone on meanwhile.
    if (shown === scenario && state.run === run) charted.replaceChildren(...found);
  }

  function chooser(run) {
    if (run.places.length < 2) return "";
    const select = element(
      "select",
      { id: "place" },
      run.places.map((place, number) =>
        element(
          "option",
          { value: number, selected: place === placeOf(run) },
          `${place.params}${place.typical ? " (typical)" : ""}`,
        ),
      ),
    );
    select.addEventListener("input", () => {
      state.params = run.places[Number(select.value)].params;
      opened.clear();
      show();
    });
    return element("div", { class: "filters" }, field("At", select));
  }

  /** The place that is chosen, or the first where a result has not that one. */
  function placeOf(run) {
    return run?.places.find((place) => place.params === state.params) ?? run?.places[0];
  }

  /** What the other results say at the same place and distance, found by its parameters. */
  function side() {
    return page.runs.length < 2 ? "" : element("div", { id: "side", class: "scroll" });
  }

  function showSide(params) {
    const box = section.querySelector("#side");
    if (!box) return;
    const rows = page.runs.map((of, number) => {
      const run = shown.runs[number];
      const place = run?.places.find((one) => one.params === params);
      const found = place ? known(place, state.rtt, of.margin) : null;
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, of.label),
        element("td", {}, run && !place ? [muted("not measured with these parameters")] : leading(found, run)),
        element("td", { class: "number" }, found ? fastestTime(found) : ""),
        element("td", { class: "number" }, found ? found.share : ""),
      );
    });
    box.replaceChildren(
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["result", "fastest"].map((title) => element("th", { scope: "col" }, title)),
            ["ms", "of the baseline's time"].map((title) => element("th", { scope: "col", class: "number" }, title)),
          ),
        ),
        element("tbody", {}, rows),
      ),
    );
  }

  /** That the place which is shown is not the one that was chosen in another result. */
  function missed(place) {
    if (state.params === null || place.params === state.params) return [];
    return [element("p", { class: "notice" }, `${state.params} was not measured in ${page.runs[state.run].label}.`)];
  }

  function show() {
    const run = shown?.runs[state.run];
    if (!shown) return;
    const place = placeOf(run);
    showSide(place?.params ?? shown.runs.find(Boolean)?.places[0]?.params);
    if (!place) {
      tellDistance(state, [], []);
      here.replaceChildren(element("p", {}, "Nothing of it was measured."));
      tables.replaceChildren();
      return;
    }
    const found = known(place, state.rtt, page.runs[state.run].margin);
    tellDistance(state, [found], place.at.map((at) => at.rtt));
    here.replaceChildren(
      ...missed(place),
      ...situation(place, found, state, page),
      flips(place, state, page.runs[state.run].margin),
    );
    if (!found) {
      tables.replaceChildren();
      return;
    }
    const table = strategyTable(found, state, (row) => opener(row, place));
    const drawn = element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": `Strategies at ${place.params}` },
      table,
    );
    tables.replaceChildren(drawn, ...notesOf(found, run));
    for (const sorter of table.querySelectorAll("thead button")) {
      sorter.addEventListener("click", () => {
        sortBy(state, sorter.dataset.column);
        show();
        tables.querySelector(`[data-column="${sorter.dataset.column}"]`).focus();
      });
    }
  }

  /** The button that shows what there is of a strategy, and that itself where it is open. */
  function opener(row, place) {
    const key = row.strategy;
    const id = `details-${place.at[0].rows.findIndex((one) => one.strategy === key)}`;
    const button = element(
      "button",
      {
        class: "opener",
        type: "button",
        "data-of": id,
        "aria-expanded": String(opened.has(key)),
        "aria-controls": opened.has(key) ? id : false,
        title: "Code, statements, plans",
      },
      element("span", {}, element("code", {}, key)),
    );
    button.addEventListener("click", async () => {
      if (!opened.delete(key)) {
        const [scenario, run] = [shown, state.run];
        const where = state.stops.length > 1 ? away(place.at[0].rtt) : "";
        const content = await strategyDetails(scenario.name, run, place.params, key, where);
        // The reader may have gone on meanwhile.
        if (shown !== scenario || state.run !== run || placeOf(scenario.runs[run]) !== place) return;
        opened.set(key, content);
      }
      show();
      tables.querySelector(`[data-of="${id}"]`)?.focus();
    });
    return { button, id, content: opened.get(key) };
  }

  return {
    open,
    show,
    ofRun,
    close: () => {
      shown = null;
    },
  };
}

function address(scenario) {
  return `#${encodeURIComponent(scenario.name)}`;
}

function scenarioChoice(page, chosen) {
  const groups = new Map();
  for (const scenario of page.scenarios) {
    if (!groups.has(scenario.module)) groups.set(scenario.module, element("optgroup", { label: scenario.module }));
    groups
      .get(scenario.module)
      .append(
        element(
          "option",
          { value: address(scenario), selected: scenario === chosen },
          scenario.question || scenario.name,
        ),
      );
  }
  const select = element("select", { "aria-label": "Scenario" }, [...groups.values()]);
  select.addEventListener("change", () => {
    location.hash = select.value;
  });
  return select;
}

/** The claims of a scenario, with what was measured of each; a text that claims several things stands once. */
function claimsOf(run, page) {
  if (!run.claims?.length) return "";
  const byText = new Map();
  for (const claim of run.claims) {
    const key = JSON.stringify([claim.text, claim.source]);
    byText.set(key, [...(byText.get(key) ?? []), claim]);
  }
  const items = [...byText.values()].map((alike) =>
    element(
      "li",
      {},
      element("blockquote", {}, `“${alike[0].text}”`),
      element("p", { class: "muted small" }, alike[0].source),
      alike.map((claim) =>
        element(
          "p",
          { class: `found verdict-${claim.verdict}` },
          sentence(claim.sentence),
          claim.busy ? " (busy machine)" : "",
        ),
      ),
    ),
  );
  return element(
    "div",
    {},
    element("h3", {}, "What is advised, and what was measured of it"),
    page.claims_note ? element("p", { class: "muted small" }, page.claims_note) : "",
    element("ul", { class: "claims" }, items),
  );
}
