// The profile: the theme chosen by radio buttons is the one of the menu.
const choices = document.querySelectorAll("[data-theme-choice]");
const show = () => { for (const choice of choices) choice.checked = choice.value === (document.documentElement.dataset.theme || "auto"); };

for (const choice of choices) choice.addEventListener("change", () => document.querySelector(`[data-theme-set="${choice.value}"]`).click());
new MutationObserver(show).observe(document.documentElement, { attributeFilter: ["data-theme"] });
show();
