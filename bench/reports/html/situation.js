// Where the reader stands: what is known at the distance that is chosen, and along all of them.

/**
 * Say beside the slider how what is shown is known at its distance, and mark the distances at which it was measured.
 *
 * @param {object[]} shown - What is known of each place that is shown.
 * @param {number[]} measured - The distances.
 */
function tellDistance(state, shown, measured) {
  const input = document.getElementById("distance");
  if (!input) return;
  const how = howKnown(shown.filter(Boolean));
  const value = away(state.rtt);
  document.querySelector(".distance output").replaceChildren(element("b", {}, value), element("span", {}, how));
  input.setAttribute("aria-valuetext", `${value}, ${how}`);
  for (const tick of document.querySelectorAll(".ticks i")) tick.hidden = !measured.includes(Number(tick.dataset.rtt));
}

function howKnown(shown) {
  const estimated = shown.some((found) => found.estimated);
  const measured = shown.some((found) => !found.estimated && !isElsewhere(found));
  if (estimated) return measured ? "partly estimated" : "estimated";
  return measured ? "measured" : "not measured";
}

function fastestTime(found) {
  const first = found.rows.find((row) => row.strategy === found.leaders[0]);
  return first?.ms === undefined ? "" : `${found.estimated ? "≈ " : ""}${milliseconds(first.ms)}`;
}

/** Where the reader stands, and who is fastest there. */
function situation(place, found, state, page) {
  const { rtt } = state;
  const where = state.stops.length > 1 ? `${place.params}, ${away(rtt)}` : place.params;
  if (!found) return [element("p", {}, `At ${where}: nothing was measured at this distance or nearer.`)];
  const how = found.estimated
    ? `estimated from ${away(found.base.rtt)} by round trips`
    : isElsewhere(found)
      ? `shown with ${away(found.base.rtt)}, for its time does not follow from its round trips`
      : [page.timed === false ? "counted" : "measured", found.base.about].filter(Boolean).join(", ");
  const time = fastestTime(found);
  const led = found.leaders.length
    ? [
        found.leaders.length > 1 ? "Not told apart: " : found.unsettled ? "Ahead: " : "Fastest: ",
        names(found.leaders, found.unsettled),
        time ? ` – ${time} ms` : "",
        found.share ? `, ${found.share} the baseline's time` : "",
      ]
    : [found.said];
  const untold = found.estimated
    ? found.rows.filter((row) => row.near !== undefined && row.trips === undefined).map((row) => row.strategy)
    : [];
  return [
    element("p", {}, element("strong", {}, led.flat())),
    element("p", { class: "muted small" }, `At ${where}: ${how}.`),
    untold.length
      ? element(
          "p",
          { class: "muted small" },
          "Not estimated, for its round trips do not simply add up: ",
          names(untold),
          ".",
        )
      : "",
  ].filter(Boolean);
}

/** Who is fastest along all distances; empty where no time follows from them. */
function flips(place, state, margin) {
  if (!place.at.some((at) => at.rows.some((row) => row.trips !== undefined))) return "";
  const stretches = byDistance(place, state.stops, margin);
  if (!stretches.length) return "";
  const [first, last] = [state.stops[0], state.stops.at(-1)];
  const parts = stretches.flatMap(({ from, to, leaders }, number) => {
    const whole = from === first && to === last ? "everywhere " : `from ${from} to ${to} ms `;
    const part = number ? `; from ${from} ms on ` : `up to ${to} ms `;
    return [stretches.length > 1 ? part : whole, names(leaders)];
  });
  const untold = untoldBetween(place, state.stops, margin);
  const gaps = untold ? ` (it cannot be told at ${untold} of the stops in between)` : "";
  const said = "By distance, measured or estimated: ";
  return element("p", { class: "muted small by-distance" }, said, parts.flat(), `${gaps}.`);
}

function notesOf(found, run) {
  const notes = [
    ...(found.estimated ? [["≈: estimated; p95, interval and verdict are told where it was measured"]] : []),
    ...(found.base.notes ?? []),
    ...run.legend,
  ];
  return notes.length
    ? [
        element(
          "ul",
          { class: "notes" },
          notes.map((note) => element("li", {}, sentence(note))),
        ),
      ]
    : [];
}
