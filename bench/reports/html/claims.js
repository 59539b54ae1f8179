// The ledger of claims, and its filter.

function claims() {
  const section = document.getElementById("claims");
  const items = [...section.querySelectorAll("li[data-verdicts]")];
  if (!items.length) return;
  const verdicts = ["supported", "contradicted", "depends", "undecided"].filter((verdict) =>
    items.some((item) => item.dataset.verdicts.split(" ").includes(verdict)),
  );
  const boxes = verdicts.map((verdict) => element("input", { type: "checkbox", value: verdict, checked: true }));
  const search = element("input", { type: "search", placeholder: "a word of a claim, a source, a name" });
  const count = element("output", { "aria-live": "polite" });

  function show() {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      const judged = item.dataset.verdicts.split(" ").some((verdict) => chosen.includes(verdict));
      item.hidden = !judged || !wanted.every((word) => text.includes(word));
      shown += item.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${plural(items.length, "claim")}`;
  }

  section.querySelector("h2").after(
    element(
      "div",
      { class: "filters", role: "search", "aria-label": "Claims" },
      field("Find", search),
      element(
        "fieldset",
        {},
        element("legend", {}, "Verdict"),
        boxes.map((box) => element("label", {}, box, box.value)),
      ),
      count,
    ),
  );
  for (const input of [search, ...boxes]) input.addEventListener("input", show);
  show();
}
