// What is shown of one strategy on demand: code, statements, plans, counters, and where its time went.

let detailsRead = null;

/** The details of all strategies, read once and only when somebody asks. */
function readDetails() {
  detailsRead ??= stored("details").then(JSON.parse);
  return detailsRead;
}

/** @param {string} where - The distance at which its time was taken apart; empty where there is but one. */
async function strategyDetails(scenario, run, params, strategy, where) {
  const { texts, scenarios } = await readDetails();
  const found = scenarios[scenario]?.[run]?.[params]?.[strategy];
  if (!found) return element("p", { class: "muted" }, "Nothing more is known of it.");
  const text = element(
    "div",
    {},
    (found.remarks ?? []).map((remark) => element("p", {}, remark)),
    found.code === undefined ? null : [element("h4", {}, "Code"), block(texts[found.code])],
    sent(found, texts),
  );
  const beside = element(
    "div",
    {},
    figures(["Where the time goes", where].filter(Boolean).join(", "), found.times),
    figures("A warm call takes", found.counters),
    functions(found.functions),
  );
  return element("div", { class: "grid" }, text, beside);
}

function block(text) {
  return element("pre", { tabindex: 0 }, element("code", {}, text));
}

function sent(found, texts) {
  if (!found.statements?.length) return [element("p", { class: "muted" }, "No statement was seen.")];
  const shown = found.statements.flatMap((one) => [
    element("h4", {}, one.calls > 1 ? `Repeated ${one.calls.toLocaleString("en")} times` : "Sent once"),
    block(texts[one.sql]),
    one.plan === undefined
      ? one.about_plan && element("p", { class: "muted" }, `${one.about_plan}.`)
      : element("details", {}, element("summary", {}, one.about_plan), block(texts[one.plan])),
  ]);
  if (found.left_out)
    shown.push(
      element(
        "p",
        { class: "muted" },
        `And ${plural(found.left_out, "more distinct statement")}, which the result file has.`,
      ),
    );
  return shown;
}

function figures(title, pairs) {
  if (!pairs?.length) return null;
  return [
    element("h4", {}, title),
    element(
      "dl",
      { class: "figures" },
      pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
    ),
  ];
}

function functions(costliest) {
  if (!costliest?.length) return null;
  const rows = costliest.map(([name, where, , own]) => [
    element("dt", { title: where }, element("code", {}, name)),
    element("dd", {}, `${own} ms`),
  ]);
  return [element("h4", {}, "Its Python time, under the profiler"), element("dl", { class: "figures" }, rows.flat())];
}
