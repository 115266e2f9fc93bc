// Filters the excerpts. The page is whole without it: the form stays hidden until this runs.
"use strict";
(function () {
  var form = document.getElementById("filter");
  if (!form) return;
  var items = Array.prototype.slice.call(document.querySelectorAll("article[data-f]"));
  var boxes = Array.prototype.slice.call(form.querySelectorAll("input[type=checkbox]"));
  var words = document.getElementById("filter-words");
  var count = document.getElementById("filter-count");
  var none = document.getElementById("filter-none");
  var texts = null;
  function apply() {
    var wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (wanted.length && !texts) texts = items.map(function (a) { return a.textContent.toLowerCase(); });
    var on = boxes.filter(function (b) { return b.checked; }).map(function (b) { return b.value; });
    var shown = 0;
    items.forEach(function (a, i) {
      var fits = a.getAttribute("data-f").split(" ").some(function (f) { return on.indexOf(f) >= 0; })
        && wanted.every(function (w) { return texts[i].indexOf(w) >= 0; });
      a.hidden = !fits;
      if (fits) shown += 1;
    });
    count.textContent = shown;
    none.hidden = shown > 0;
  }
  function showAll() {
    words.value = "";
    boxes.forEach(function (b) { b.checked = true; });
    apply();
  }
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  document.getElementById("filter-reset").addEventListener("click", showAll);
  function reveal() {
    var target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    var inside = target && target.closest("article");
    if (inside && inside.hidden) { showAll(); target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", showAll);
  form.hidden = false;
  apply();
})();
