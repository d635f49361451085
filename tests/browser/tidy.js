// What an ear or a narrow screen would trip over: ids given twice, fields without a name, text beyond the right edge.
() => {
  const all = [...document.querySelectorAll("main *")];
  const ids = all.map((one) => one.id).filter(Boolean);
  const doubled = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`);
  const fields = [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")];
  const nameless = fields.filter((one) => !one.labels?.length && !one.ariaLabel).map((one) => `no name: ${one.outerHTML.slice(0, 80)}`);
  const shown = all.filter((one) => !one.closest(".scroll-x, .sr, [hidden]"));
  const beyond = shown.filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => `too wide: ${one.outerHTML.slice(0, 80)}`);
  const heads = document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"];
  return [...doubled, ...nameless, ...beyond, ...heads];
}
