// What the chat page does besides Gradio: buttons inside messages, the colour mode, and names for screen readers.
// A button says what it does by its class: al-say sends its value, al-rate gives the verdict `name` on `value`, al-act
// does `name` with `value` on the You tab, al-file saves `value` as the file `name`.
"use strict";
(() => {
  const MODE = "almanac-mode";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return window.localStorage.getItem(MODE);
    } catch {
      return null; // storage is closed to us: the system's mode counts
    }
  };
  const paint = () => document.body?.classList.toggle("dark", (stored() ?? (system.matches ? "dark" : "light")) === "dark");

  // Shows the chat, which may not have been drawn yet, then goes on.
  const inChat = (then) => {
    document.querySelector("#al-tab-chat-button")?.click();
    let tries = 0;
    const wait = () => {
      if (document.querySelector("#al-ask textarea")?.offsetParent) then();
      else if (tries++ < 60) window.setTimeout(wait, 50);
    };
    wait();
  };

  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: name.endsWith(".csv") ? "text/csv" : "application/json" }));
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const enter = (box) => box.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true, cancelable: true }));

  // Gradio drops an Enter while a turn runs, and for a moment after its last word. The text then stays in the box: it is
  // pressed again when the turn is over, unless it was changed meanwhile. Pressed while one is under way, it is dropped.
  let pressing = 0;
  const insist = (box, text) => {
    window.clearInterval(pressing);
    let tries = 0;
    pressing = window.setInterval(() => {
      if (box.value !== text || tries >= 8) window.clearInterval(pressing);
      else if (!document.querySelector(".al-busy")) {
        tries += 1;
        enter(box);
      }
    }, 500);
  };

  // Writes into a text box of Gradio's and presses Enter, as a person would.
  const send = (selector, text) => {
    const box = document.querySelector(`${selector} textarea`);
    if (!box) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    window.setTimeout(() => {
      enter(box);
      if (selector === "#al-ask") insist(box, text);
    }, 40); // Gradio takes the text over on its next tick
  };

  const actions = {
    "al-say": (button) => inChat(() => send("#al-ask", button.value)),
    "al-rate": (button) => send("#al-verdict", JSON.stringify({ item: button.value, verdict: button.name, at: Date.now() })),
    "al-act": (button) => send("#al-act", JSON.stringify({ act: button.name, value: button.value, at: Date.now() })),
    "al-file": (button) => save(button.name, button.value),
    "al-panel": () => document.querySelector(".sidebar .toggle-button")?.click(),
    "al-new": () => inChat(() => document.querySelector("#al-restart")?.click()),
    "al-theme": () => {
      const next = document.body.classList.contains("dark") ? "light" : "dark";
      try {
        window.localStorage.setItem(MODE, next);
      } catch {
        /* not remembered, still applied */
      }
      document.body.classList.toggle("dark", next === "dark");
    },
    "al-copy": (button) => {
      const answer = button.closest(".message-content, .md")?.querySelector(".al-answer");
      if (!answer || !navigator.clipboard) return;
      const copy = answer.cloneNode(true);
      copy.querySelectorAll("sup").forEach((mark) => mark.remove());
      navigator.clipboard.writeText(copy.innerText).then(() => {
        button.textContent = "Copied";
        window.setTimeout(() => (button.textContent = "Copy"), 1500);
      });
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const name = button && Object.keys(actions).find((one) => button.classList.contains(one));
    if (name) {
      event.preventDefault();
      actions[name](button);
    }
  });

  document.addEventListener("keypress", (event) => {
    const box = event.target instanceof HTMLTextAreaElement && event.target.closest("#al-ask") ? event.target : null;
    if (event.isTrusted && event.key === "Enter" && !event.shiftKey && box?.value.trim()) insist(box, box.value);
  }, true); // before Gradio's own, which may take the text away
  document.addEventListener("input", (event) => event.isTrusted && window.clearInterval(pressing));

  // Gradio names each message after its raw markup; the words inside are the better name.
  const tidy = () => {
    document.querySelectorAll("[data-testid='bot'][aria-label], [data-testid='user'][aria-label]").forEach((message) => {
      message.removeAttribute("aria-label");
    });
    document.querySelectorAll(".al-given:not([aria-pressed])").forEach((button) => button.setAttribute("aria-pressed", "true"));
    document.querySelectorAll(".icon-button[aria-label='']").forEach((button) => {
      button.setAttribute("aria-label", "Show or hide this step");
    });
    document.querySelector(".sidebar .toggle-button:not([aria-label])")?.setAttribute("aria-label", "Who, when and where");
  };

  // A new question goes to the top and its answer grows below it, until the visitor scrolls.
  let asked = 0;
  let following = false;
  const follow = () => {
    const questions = document.querySelectorAll("#al-chat [data-testid='user']");
    if (questions.length > asked) following = true;
    asked = questions.length;
    const last = following ? questions[asked - 1]?.closest(".message-row") : null;
    const wrap = last?.closest(".bubble-wrap");
    if (wrap) wrap.scrollTop += last.getBoundingClientRect().top - wrap.getBoundingClientRect().top - 8;
    const answers = document.querySelectorAll("#al-chat :is(.al-foot, .al-trouble)").length;
    if (following && answers >= asked && !document.querySelector(".al-busy")) window.setTimeout(() => (following &&= asked > answers), 400);
  };
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element && event.target.closest("#al-chat")) following = false;
    }, { passive: true, capture: true });
  }

  document.addEventListener("DOMContentLoaded", () => {
    paint();
    let due = 0;
    new MutationObserver(() => {
      if (!due) {
        due = window.requestAnimationFrame(() => {
          due = 0;
          tidy();
          follow();
        });
      }
    }).observe(document.body, { childList: true, subtree: true });
    new MutationObserver(() => {
      const wanted = (stored() ?? (system.matches ? "dark" : "light")) === "dark";
      if (document.body.classList.contains("dark") !== wanted) paint();
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    system.addEventListener("change", paint);
  });
})();
