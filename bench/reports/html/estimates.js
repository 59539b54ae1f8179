// The one place where times and winners between measured distances are told.

/**
 * What is known of a place at a distance.
 *
 * At a measured distance that is what was measured. Elsewhere a strategy's time is that at the nearest nearer one, and
 * its round trips times what the distance is more; who does not wait for them one after the other has none.
 *
 * @returns {{rtt: number, base: object, estimated: boolean, rows: object[], leaders: string[], unsettled: number,
 *   share: string, bounds: string, said: string}} or null where nothing was measured as near as that
 */
function known(place, rtt, margin) {
  const nearer = place.at.filter((at) => at.rtt <= rtt);
  if (!nearer.length) return null;
  const base = nearer[nearer.length - 1];
  const found = {
    rtt,
    base,
    estimated: false,
    rows: base.rows,
    leaders: base.leaders ?? [],
    unsettled: base.unsettled ?? 0,
    share: base.share ?? "",
    bounds: base.bounds ?? "",
    said: base.said ?? "",
  };
  if (base.rtt === rtt || !base.rows.some((row) => row.trips !== undefined)) return found;
  return estimated(found, rtt - base.rtt, margin);
}

function estimated(found, more, margin) {
  const { base } = found;
  const rows = base.rows.map((row) => ({
    ...row,
    ms: row.trips === undefined ? undefined : row.ms + row.trips * more,
    near: row.ms,
  }));
  const result = { ...found, estimated: true, rows, leaders: [], unsettled: 0, share: "", bounds: "", said: "" };
  const ranked = rows.filter((row) => !row.part && row.ms !== undefined).sort((one, other) => one.ms - other.ms);
  if (!ranked.length) return { ...result, said: "Cannot be told" };
  // Where the rounds ranked nothing, what follows from them ranks nothing either.
  if (base.said) {
    for (const row of rows) row.winner = false;
    return { ...result, said: base.said };
  }
  const won = new Set(base.rows.filter((row) => row.winner).map((row) => row.strategy));
  // Who cannot be estimated takes at least what it took nearer by, and may be the fastest where that is no more.
  const open = rows.filter((row) => !row.part && row.near !== undefined && row.ms === undefined).filter(
    (row) => leastTime(row, base, won) <= ranked[0].ms * (1 + margin),
  );
  if (open.length) {
    for (const row of rows) row.winner = false;
    const who = open.length === 1 ? open[0].strategy : `${open.length} strategies`;
    return { ...result, said: `Cannot be told: ${who} cannot be estimated` };
  }
  const together = ranked.filter((row) => isWithReach(row, ranked[0], base, won, more, margin));
  const settled = together.filter((row) => row === ranked[0] || !isUnsettled(row, base, won));
  const baseline = rows.find((row) => row.baseline);
  if (baseline?.ms && baseline !== ranked[0] && !together.includes(baseline)) {
    result.share = `≈ ${factor(ranked[0].ms / baseline.ms)}`;
  }
  for (const row of rows) row.winner = together.includes(row);
  return {
    ...result,
    leaders: settled.map((row) => row.strategy),
    unsettled: together.length - settled.length,
  };
}

/** Whether one that was not shown to be behind may still be as fast as the first, as far as an estimate goes. */
function isWithReach(row, first, base, won, more, margin) {
  if (row === first) return true;
  const shown = row.behind && won.has(first.strategy) && row.trips >= first.trips;
  return !shown && leastTime(row, base, won) + row.trips * more <= first.ms * (1 + margin);
}

/** The least that it may take where it was measured, by its interval; as little as the fastest where that is open. */
function leastTime(row, base, won) {
  const fastest = base.rows.find((one) => one.strategy === base.leaders?.[0])?.ms;
  if (fastest === undefined || !won.has(row.strategy)) return row.near;
  return Math.min(row.near, fastest * (row.least ?? 1));
}

function isUnsettled(row, base, won) {
  return won.has(row.strategy) && !(base.leaders ?? []).includes(row.strategy);
}

/** Whether it is known who is fastest. */
function tells(found) {
  return Boolean(found?.base.tells && found.leaders.length);
}

/** How many stops lie between two at which it is known who is fastest, and do not tell it themselves. */
function untoldBetween(place, stops, margin) {
  const told = stops.map((rtt) => tells(known(place, rtt, margin)));
  const inner = told.slice(told.indexOf(true), told.lastIndexOf(true) + 1);
  return inner.filter((one) => !one).length;
}

/** Where along the distances the fastest changes: as few stretches of stops as can be, each as long as one wins. */
function byDistance(place, stops, margin) {
  const stretches = [];
  for (const rtt of stops) {
    const found = known(place, rtt, margin);
    if (!tells(found)) continue;
    // One that is unsettled somewhere was not shown to have lost there, before a change no less than after it.
    const others = found.rows.filter((row) => row.winner && !found.leaders.includes(row.strategy));
    const here = { rtt, leaders: found.leaders, winners: [...found.leaders, ...others.map((row) => row.strategy)] };
    const last = stretches.at(-1);
    if (last && winnersOfAll([...last, here]).length) last.push(here);
    else stretches.push([here]);
  }
  return stretches.map((of) => ({ from: of[0].rtt, to: of.at(-1).rtt, leaders: leastUnsettled(of) }));
}

/** Who is among the winners of every stop. */
function winnersOfAll(stretch) {
  return stretch[0].winners.filter((name) => stretch.every((stop) => stop.winners.includes(name)));
}

/** Those of them that are unsettled at the fewest stops. */
function leastUnsettled(stretch) {
  const times = new Map(
    winnersOfAll(stretch).map((name) => [name, stretch.filter((stop) => !stop.leaders.includes(name)).length]),
  );
  const fewest = Math.min(...times.values());
  return [...times.keys()].filter((name) => times.get(name) === fewest);
}

/** Whether what is known is that of a nearer distance, for it does not follow from round trips. */
function isElsewhere(found) {
  return !found.estimated && found.base.rtt !== found.rtt;
}

/** A time in ms with three significant digits, or all before the point: as in the tables. */
function milliseconds(value) {
  if (value === undefined) return "–";
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(2).split("e")[1]);
  return value.toFixed(Math.max(2 - exponent, 0));
}

/** A ratio as a factor, as in the tables. */
function factor(value) {
  let decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  while (decimals < 4 && value > 0 && value < 1.5 * 10 ** -decimals) decimals += 1;
  return `${value.toFixed(decimals)}×`;
}

/** A distance as it is read. */
function away(rtt) {
  return rtt === 0 ? "nothing added" : `${rtt} ms added`;
}
