// What Django's administration leaves without a name gets one, for those who hear its pages.

const labelOf = (field) => document.querySelector(`label[for="${field.id}"]`)?.textContent.replace(/:\s*$/, "").trim();

/** The columns of what can be opened and of what can be deleted have no title where nothing can be deleted. */
function nameTableHeads() {
  for (const head of document.querySelectorAll(".inline-related th:empty")) {
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = head.matches(".original") ? "Row" : "Delete";
    head.append(name);
  }
}

/** A date and a time stand side by side under one title. */
function nameDatesAndTimes() {
  for (const field of document.querySelectorAll(".vDateField, .vTimeField")) {
    const title = field.closest("fieldset.flex-container, .form-row")?.querySelector("legend, label")?.textContent ?? "";
    field.setAttribute("aria-label", `${title.replace(/:\s*$/, "").trim()}: ${field.matches(".vDateField") ? "date" : "time"}`.trim());
  }
}

function nameLookUps() {
  for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
    for (const part of field.nextElementSibling.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]")) part.setAttribute("aria-label", labelOf(field) ?? field.name);
  }
}

function nameHints() {
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.setAttribute("role", "img");
}

function nameFields() {
  nameTableHeads();
  nameDatesAndTimes();
  nameLookUps();
}

// Django makes the fields that look things up when jQuery is ready, and the pairs of lists when the page is loaded; both
// call whoever waits in the order in which they began to.
if (window.django?.jQuery) window.django.jQuery(nameFields);
else nameFields();
addEventListener("load", nameHints);
