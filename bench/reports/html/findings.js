// The list of all scenarios: who is fastest at the distance that is chosen, in every result.

function findings(page, state) {
  const section = document.getElementById("findings");
  const rows = [...section.querySelectorAll("tr[data-scenario]")];
  const bodies = [...section.querySelectorAll("tbody")];
  const table = section.querySelector("table");
  const search = element("input", { type: "search", placeholder: "a word of a question or a name" });
  const apart = element("input", { type: "checkbox" });
  const order = element(
    "select",
    {},
    element("option", { value: "module" }, "by module"),
    element("option", { value: "gain" }, "largest gain first"),
    element("option", { value: "name" }, "by question"),
  );
  const count = element("output", { "aria-live": "polite" });
  let told = [];
  const byName = new Map(page.scenarios.map((scenario) => [scenario.name, scenario]));
  const sorted = element("tbody", { hidden: true });
  const home = new Map(rows.map((row) => [row, row.parentNode]));
  table?.append(sorted);

  function tell() {
    tellDistance(state, told, page.distances);
  }

  function fill(row) {
    const scenario = byName.get(row.dataset.scenario);
    const all = scenario.runs.map(
      (run, number) => run && known(run.places[0] ?? { at: [] }, state.rtt, page.runs[number].margin),
    );
    all.forEach((found, number) => {
      const [lead, share] = ["lead", "share"].map((name) => row.querySelector(`.${name}[data-run="${number}"]`));
      const marks = found?.estimated ? "estimated" : "";
      lead.replaceChildren(...leading(found, scenario.runs[number]));
      lead.classList.toggle("estimated", Boolean(marks));
      share?.replaceChildren(...(found ? shareOf(found) : []));
      share?.classList.toggle("estimated", Boolean(marks));
    });
    row.classList.toggle("differs", apartFrom(all));
    row.gain = Math.max(0, ...all.map((found) => gain(found)));
    told.push(...all);
  }

  function show() {
    told = [];
    rows.forEach(fill);
    tell();
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = `${row.dataset.scenario} ${row.textContent}`.toLowerCase();
      row.hidden =
        !wanted.every((word) => text.includes(word)) || (apart.checked && !row.classList.contains("differs"));
      shown += row.hidden ? 0 : 1;
    }
    arrange(shown);
  }

  function arrange(shown) {
    const grouped = order.value === "module";
    if (grouped) rows.forEach((row) => home.get(row).append(row));
    else {
      const key =
        order.value === "gain"
          ? (one, other) => other.gain - one.gain
          : (one, other) => one.textContent.localeCompare(other.textContent);
      sorted.append(...[...rows].sort(key));
    }
    sorted.hidden = grouped;
    for (const body of bodies)
      body.hidden = !grouped || ![...body.querySelectorAll("tr[data-scenario]")].some((row) => !row.hidden);
    const differing = rows.filter((row) => row.classList.contains("differs")).length;
    const said = page.runs.length > 1 ? `; the winner differs in ${differing} of ${rows.length}` : "";
    count.textContent = `${plural(shown, "question")}${said}`;
  }

  if (rows.length > 1) {
    section
      .querySelector("h2")
      .after(
        element(
          "div",
          { class: "filters", role: "search", "aria-label": "Findings" },
          field("Find", search),
          field("Order", order),
          page.runs.length > 1 ? element("label", {}, apart, "only where the winner differs") : null,
          count,
        ),
      );
  }
  for (const input of [search, order, apart]) input.addEventListener("input", show);
  return { show, tell };
}

function leading(found, run) {
  if (!run) return [muted("not in this result")];
  if (!found) return [muted("not measured so near")];
  const { busy } = found.base;
  const said = found.leaders.length ? names(found.leaders, found.unsettled, busy) : [muted(found.said)];
  if (busy && !(found.leaders.length && found.unsettled)) said.push(" (busy machine)");
  return isElsewhere(found) ? [...said, muted(` (with ${away(found.base.rtt)})`)] : said;
}

function muted(text) {
  return element("span", { class: "muted" }, text);
}

function shareOf(found) {
  const bounds = found.bounds ? element("span", {}, found.bounds) : null;
  return [found.share, bounds].filter(Boolean);
}

/** Whether no strategy is among the winners of all results that tell who wins, not even one that is not ruled out. */
function apartFrom(all) {
  const won = all
    .filter((found) => found?.base.tells && found.leaders.length)
    .map(({ rows }) => rows.filter((row) => row.winner).map((row) => row.strategy));
  return won.length > 1 && !won[0].some((name) => won.every((winners) => winners.includes(name)));
}

/** How many times as fast the first is as the baseline; 1 where it is not told apart from it. */
function gain(found) {
  const share = Number.parseFloat((found?.share ?? "").replace("≈", ""));
  return share > 0 ? 1 / share : 0;
}
