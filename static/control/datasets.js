// The pages of datasets: sending files in portions, and asking for the page anew while something is being read.

import { focusOn, setText } from "./elements.js";
import { post, sentence } from "./forms.js";
import { fileSize, number } from "./format.js";
import { Upload, filesOf, withoutHidden } from "./dataset_upload.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const addresses = data("page-data");
const AGAIN_MS = 1500;
const MOST_TOLD = 8;

// What is being read ----------------------------------------------------------------------------------------------------

const isBusy = () => document.querySelector("[data-busy]") !== null;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the connection is away, which the shell says; it is asked again
  }
  if (isBusy()) setTimeout(look, AGAIN_MS);
}

const contentOf = (part) => part.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, ""); // new in each answer
const drawn = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part, contentOf(part)])); // as it came

/** The focus stays where it was, or beside what has gone. */
function take(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (!now || contentOf(now) === drawn.get(part)) continue;
    const focused = part.contains(document.activeElement);
    if (focused && document.activeElement.matches("select")) continue; // a list that somebody has open
    drawn.set(part, contentOf(now));
    part.toggleAttribute("data-busy", now.hasAttribute("data-busy"));
    part.replaceChildren(...now.childNodes);
    if (focused) focusOn(part);
    part.dispatchEvent(new CustomEvent("taken", { bubbles: true }));
  }
}

if (isBusy()) setTimeout(look, AGAIN_MS);

// Sending ---------------------------------------------------------------------------------------------------------------

const place = document.getElementById("upload");
if (place) arm(place);

function arm(place) {
  const form = place.querySelector("[data-upload]");
  const drop = place.querySelector("[data-drop]");
  const said = form.querySelector("[data-chosen]");
  const go = form.querySelector("[data-go]");
  const progress = form.querySelector("[data-progress]");
  const refused = form.querySelector("[data-refused]");
  let upload = null;
  let dataset = addresses.dataset; // empty until it is made
  const of = (name) => addresses[name].replace("ID", dataset);

  for (const button of place.querySelectorAll("[data-choose]")) {
    // Not in the page: the skin looks after every field for files there, and expects its own fields around.
    const input = Object.assign(document.createElement("input"), { type: "file", multiple: true });
    input.webkitdirectory = button.dataset.choose === "folder";
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      choose([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      input.value = ""; // the same may be chosen again
    });
  }
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", true);
    });
  }
  drop.addEventListener("dragleave", () => drop.toggleAttribute("data-over", false));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.toggleAttribute("data-over", false);
    choose(await filesOf(event.dataTransfer));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  form.querySelector("[data-cancel]").addEventListener("click", cancel);
  window.addEventListener("beforeunload", (event) => upload?.running && event.preventDefault());

  function choose(found) {
    if (upload?.running) return;
    const files = withoutHidden(found);
    const left = found.length - files.length;
    form.hidden = false;
    go.hidden = files.length === 0;
    refused.hidden = true;
    upload = files.length ? new Upload(files) : null;
    const whole = upload && fill(text.chosen, { files: number(files.length), size: fileSize(upload.bytes) });
    setText(said, [whole ?? text.none, left ? fill(text.hidden, { count: number(left) }) : ""].filter(Boolean).join(" "));
    const folder = files[0]?.path.split("/").slice(0, -1)[0];
    if (form.elements.name && !form.elements.name.value && folder) form.elements.name.value = folder;
    go.focus();
  }

  async function send() {
    if (!upload || upload.running) return;
    upload.running = true;
    go.disabled = true;
    progress.hidden = false;
    drop.hidden = true;
    try {
      if (!dataset) dataset = await made(form.elements.name.value);
      await upload.run(of("files"), tell, (seconds) => setText(said, fill(text.retrying, { seconds })));
      if (upload.refused.length) return finished();
      setText(said, text.completing);
      await asked(of("complete"));
      upload.running = false;
      location.assign(of("page"));
    } catch (problem) {
      stopped(problem.message);
    }
  }

  function tell() {
    progress.value = upload.bytes ? upload.sentBytes / upload.bytes : 1;
    const counts = { sent: number(upload.sentFiles), files: number(upload.files.length) };
    setText(said, fill(text.sending, { ...counts, size: fileSize(upload.sentBytes), whole: fileSize(upload.bytes) }));
  }

  /** What has arrived stays; the same button goes on. */
  function stopped(reason) {
    upload.running = false;
    go.disabled = false;
    setText(go, text.go_on);
    setText(said, fill(text.failed, { sent: number(upload.sentFiles), files: number(upload.files.length), reason }));
  }

  /** Everything was sent, but some of it was not taken: people decide. */
  function finished() {
    upload.running = false;
    go.disabled = false;
    go.hidden = true;
    const lines = upload.refused.slice(0, MOST_TOLD).map(({ path, problem }) => `${path}: ${problem}`);
    if (upload.refused.length > MOST_TOLD) lines.push(fill(text.refused_more, { count: upload.refused.length - MOST_TOLD }));
    const told = [fill(text.refused, { count: number(upload.refused.length) }), ...lines, text.refused_go_on];
    refused.replaceChildren(...told.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    const link = Object.assign(document.createElement("a"), { href: of("page"), className: "g-button", textContent: text.to_dataset });
    refused.append(link);
    refused.hidden = false;
  }

  async function cancel() {
    upload?.abort();
    if (dataset && !addresses.dataset) await post(of("delete"));
    location.reload();
  }
}

/** Make a dataset that receives; its id. */
async function made(name) {
  return (await asked(addresses.create, { kind: "UPLOAD", name })).id;
}

async function asked(address, fields = {}) {
  const answer = await post(address, fields);
  if (!answer.ok) throw new Error(sentence(answer));
  return answer.body;
}
