// What a batch looks like after an event: one pure function for the rows that the page came with and all that is told.
//
// States and what is in them are never changed, only replaced: whoever draws compares by identity. Events are absolute
// and may be told again, also over rows that already know them.

const NEWEST_STEPS = 300; // the same bounds as control/history/batch_story.py
const OLD_FAILURES = 50;
const MEASUREMENTS_PER_STEP = 40;
const ATTACHMENTS_PER_STEP = 40;
const NEWEST_ERRORS = 50;
const CURVE_ROWS = 200;
const LONGEST_TEXT = 4000;
const LARGEST_RESULT = 8 * 1024;
const BAD = new Set(["FAIL", "ERROR", "TIMEOUT"]);
const TERMINAL = new Set(["COMPLETED", "FAILED", "STOPPED", "ABORTED", "CRASHED"]);

/** From the rows that the server sent. `endings`: the table of ways to end. */
export function fromStory(story, endings) {
  const { elapsed_s, seconds_left, ...batch } = story.batch; // both are reckoned anew whenever they are drawn
  const steps = story.steps.map((step) => ({ ...step, measurements: [], measured: 0, attachments: [], attached: 0 }));
  const places = new Map(steps.map((step) => [`${step.index}.${step.attempt}`, step]));
  for (const { step, attempt, of_step, ...measurement } of story.measurements) {
    const owner = places.get(`${step}.${attempt}`);
    owner.measurements.push(measurement);
    owner.measured = of_step;
  }
  for (const { step, attempt, of_step, ...attachment } of story.attachments) {
    const owner = places.get(`${step}.${attempt}`);
    owner.attachments.push(attachment);
    owner.attached = of_step;
  }
  return {
    seq: story.head, endings, batch, drivers: story.provenance.drivers, parameters: story.provenance.parameters,
    settings: story.provenance.settings, total_steps: story.total_steps, repeats: story.repeats, steps,
    hidden: story.hidden, controls: story.controls.map(shownControl), errors: story.errors,
    total_errors: story.total_errors, prompt: story.prompt ?? null, safe_state: story.safe_state, position: story.position, held: story.held, doing: null,
  };
}

/** The state after an event. */
export function reduce(state, event) {
  if (event.kind === "log") return { ...state, seq: event.seq };
  const take = TAKERS[event.kind];
  const over = TERMINAL.has(state.batch.state) && event.kind !== "safe_state";
  return { ...(take && !over ? take(state, event, event.data) : state), seq: event.seq };
}

export const isOver = (state) => TERMINAL.has(state.batch.state);

const inBatch = (state, changes) => ({ ...state, batch: { ...state.batch, ...changes } });

// Steps -------------------------------------------------------------------------------------------------------------

const blank = (index, attempt, { name, group, within = "" }) => ({
  name, index, attempt, group, within, state: "PENDING", outcome: "NONE", marginal: false, retrying: false, started_at: null,
  ended_at: null, duration_ms: null, input_count: null, output_count: null, result: null, result_left_out: false, error_message: "",
  measurements: [], measured: 0, attachments: [], attached: 0,
});

/** Where an attempt stands, or belongs: most of what is told is about the newest ones. */
function place(steps, index, attempt) {
  let at = steps.length;
  while (at > 0 && (steps[at - 1].index > index || (steps[at - 1].index === index && steps[at - 1].attempt >= attempt))) at -= 1;
  return at;
}

/** Replace one attempt by `change(attempt)`; one that is not known begins blank. */
function inStep(state, index, attempt, told, change) {
  const at = place(state.steps, index, attempt);
  const found = state.steps[at];
  const known = found?.index === index && found.attempt === attempt;
  if (!known && state.steps.slice(at).filter((step) => step.state !== "PENDING").length >= NEWEST_STEPS) return state; // left out before
  const next = change(known ? found : blank(index, attempt, told));
  if (next === found) return state;
  return bounded({ ...state, steps: state.steps.toSpliced(at, known ? 1 : 0, next) });
}

/** Leave out the oldest attempts, but not the first that failed. */
function bounded(state) {
  let begun = state.steps.reduce((count, step) => count + (step.state !== "PENDING"), 0);
  if (begun <= NEWEST_STEPS) return state;
  const [steps, hidden] = [[], { ...state.hidden }];
  let failures = 0;
  for (const step of state.steps) {
    if (step.state === "PENDING" || begun <= NEWEST_STEPS) {
      steps.push(step);
      continue;
    }
    begun -= 1;
    if (BAD.has(step.outcome) && !step.retrying && failures < OLD_FAILURES) {
      failures += 1;
      steps.push(step);
    } else {
      const counted = step.retrying ? "RETRYING" : step.outcome;
      hidden[counted] = (hidden[counted] ?? 0) + 1;
    }
  }
  return steps.length === state.steps.length ? state : { ...state, steps, hidden };
}

function stepStarted(state, event, data) {
  const begin = (step) => (step.state === "ENDED" ? step : { ...step, state: "RUNNING", started_at: event.at });
  return inBatch(inStep(state, event.step, data.attempt, data, begin), { current_step: data.name });
}

function stepEnded(state, event, data) {
  const { outcome, marginal = false, retrying = false, duration_ms = null } = data;
  const end = (step) => ({
    ...step, state: "ENDED", outcome, marginal, retrying, duration_ms, ended_at: event.at, ...shownResult(data.result, data),
    error_message: shortened(event.message), input_count: data.input_count ?? null, output_count: data.output_count ?? null,
  });
  const next = inBatch(inStep(state, event.step, data.attempt, data, end), { progress: data.progress });
  const asks = state.prompt?.step === event.step && state.prompt.attempt === data.attempt;
  return { ...(asks ? closePrompt(next, event.at, "ended") : next), doing: null };
}

function measured(state, event, data) {
  const { name, type, value, unit, limits = null, outcome, marginal = false } = data;
  const told = { name, type, value: shownValue(value), unit: unit ?? "", limits, outcome, marginal, at: event.at };
  return inStep(state, event.step, data.attempt, { name: "", group: "main" }, (step) => {
    const at = step.measurements.findIndex((one) => one.name === name);
    if (at >= 0) return { ...step, measurements: step.measurements.with(at, told) };
    if (step.state === "ENDED") return step; // told again: it has been counted
    const room = step.measurements.length < MEASUREMENTS_PER_STEP;
    return { ...step, measured: step.measured + 1, measurements: room ? [...step.measurements, told] : step.measurements };
  });
}

/** A file never changes: one that is known stays the same object. */
function attached(state, event, data) {
  const { id, name, media_type, size, sha256, width = null, height = null } = data;
  const told = { id, name, media_type, size, sha256, width, height, at: event.at };
  return inStep(state, event.step, data.attempt, { name: "", group: "main" }, (step) => {
    if (step.state === "ENDED" || step.attachments.some((one) => one.id === id)) return step; // told again
    const room = step.attachments.length < ATTACHMENTS_PER_STEP;
    return { ...step, attached: step.attached + 1, attachments: room ? [...step.attachments, told] : step.attachments };
  });
}

const shortened = (said) => (said.length <= LONGEST_TEXT ? said : `${said.slice(0, LONGEST_TEXT)}…`);

/** What is too large for its event has stayed behind in a file. */
function shownResult(result = null, { file }) {
  const tooLarge = Boolean(file) || JSON.stringify(result).length > LARGEST_RESULT;
  return { result: tooLarge ? null : result, result_left_out: tooLarge };
}

function shownValue(value) {
  if (typeof value === "string") return shortened(value);
  if (!Array.isArray(value?.rows)) return value;
  const [all, total] = [value.rows, value.rows.length];
  const chosen = (_, place) => all[Math.floor((place * (total - 1)) / (CURVE_ROWS - 1))];
  return { columns: value.columns, rows: total > CURVE_ROWS ? Array.from({ length: CURVE_ROWS }, chosen) : all, total };
}

// The batch ---------------------------------------------------------------------------------------------------------

function batchStarted(state, event, data) {
  const started_at = state.batch.started_at ?? event.at;
  let next = inBatch({ ...state, position: null, held: "" }, { state: "RUNNING", started_at });
  // A very long plan does not travel with its event: its steps appear when they begin.
  const repeats = data.plan?.filter(({ repeat }) => repeat > 1).map(({ index, repeat }) => ({ first: index, count: repeat }));
  next = { ...next, total_steps: data.total_steps, drivers: data.drivers ?? {}, repeats: repeats ?? state.repeats };
  for (const planned of data.plan ?? []) next = inStep(next, planned.index, 1, planned, (step) => step);
  return next;
}

const paused = (state, event, data) => obey(inBatch(state, { state: "PAUSED" }), event, data);
const resumed = (state, event, data) => obey(inBatch(state, { state: "RUNNING" }), event, data);

function progressed(state, event, data) {
  const { attempt, done, total } = data;
  const changes = event.message ? { progress: data.progress, message: event.message } : { progress: data.progress };
  return { ...inBatch(state, changes), doing: { step: event.step, attempt, done, total, message: event.message } };
}

/** How far it is with its items. */
const wentOn = (state, event, { progress, items_seconds_left }) => inBatch(state, { progress, items_seconds_left });

function failed(state, event, data) {
  const known = state.errors.some((one) => one.at === event.at && one.exception === data.exception && one.message === shortened(event.message));
  if (known) return state;
  const { attempt = null, category, exception } = data;
  const traceback = shortened(data.traceback ?? "");
  const error = { step: event.step, attempt, at: event.at, category, exception, message: shortened(event.message), traceback };
  const first = state.batch.error || shortened(`${exception}: ${event.message}`); // what follows are its consequences
  return inBatch({ ...state, errors: [...state.errors, error].slice(-NEWEST_ERRORS), total_errors: state.total_errors + 1 }, { error: first });
}

const madeSafe = (state, event, data) => ({ ...state, safe_state: { at: event.at, ...data } });

function batchEnded(state, event, data) {
  if (data.file && !data.verdict) return state; // too large for its event: the rows tell how it ended
  const verdict = data.verdict ?? {};
  const [to, outcome, unfinished] = ending(state.endings, data);
  const message = verdict.message || event.message;
  const at = event.at;
  const marginal = Boolean(verdict.marginal) && outcome === "PASS";
  const progress = to === "COMPLETED" ? 1 : state.batch.progress;
  const { cause, result } = verdict;
  const batch = { state: to, outcome, marginal, progress, message, cause: cause ?? "", ...shownResult(result, {}), ended_at: at, current_step: "", manual_by: "" };
  const closed = {
    RUNNING: { state: "ENDED", outcome: unfinished, ended_at: at, error_message: shortened(message) },
    PENDING: { state: "ENDED", outcome: "SKIPPED", error_message: "not begun" },
  };
  const steps = state.steps.map((step) => (step.state in closed ? { ...step, ...closed[step.state] } : step));
  const controls = state.controls.map((one) => settled(one, { to, message, at, waited: Boolean(data.state) }));
  return inBatch(bounded({ ...closePrompt(state, at, "ended"), steps, controls, doing: null, position: null, held: "" }), batch);
}

/** No wish stays unanswered: as `_answer_wishes` of control/lifecycle/finish.py. One that ended a waiting batch was obeyed by that. */
function settled(wish, { to, message, at, waited }) {
  if (wish.scope) return { ...wish, delivered_at: wish.delivered_at ?? at };
  if (waited && !wish.delivered_at) return { ...wish, delivered_at: wish.requested_at, obeyed_at: wish.requested_at, after: { state: to } };
  if (!wish.delivered_at) return { ...wish, delivered_at: at, after: { state: to, note: "the batch had ended" } };
  if (Object.keys(wish.after).length) return wish;
  return { ...wish, after: wish.obeyed_at ? { state: to } : { state: to, note: message } };
}

/** State and outcome of the batch, and the outcome of a step that was cut short. */
function ending(endings, { why, verdict, state, outcome }) {
  if (state) return [state, outcome, "NONE"]; // it never ran
  if (why !== "finished") return endings[why] ?? endings.lost;
  return verdict ? [endings[verdict.ending][0], verdict.outcome, "NONE"] : endings.crashed;
}

// What the run asks -------------------------------------------------------------------------------------------------

const isPrompt = (state, key) => state.prompt?.prompt === key;
const placeOf = (prompt) => Number(prompt?.prompt.slice(1) ?? 0); // p1, p2, …: only the newest one is kept

function promptAsked(state, event, data) {
  if (Number(data.prompt.slice(1)) <= placeOf(state.prompt)) return state;
  const { prompt, attempt, type, choices, unit, minimum, maximum, image, timeout_s } = data;
  const open = { state: "WAITING", answered_at: null, answer: null, answered_by: "", taken_at: null, closed_at: null, closed_why: "", control: null };
  const asked = { prompt, step: event.step, attempt, type, message: event.message, choices, unit, minimum, maximum, default: data.default, image: image?.file ?? null, timeout_s, asked_at: event.at, ...open };
  return inBatch({ ...state, prompt: asked }, { prompt });
}

/** Somebody has answered: from here on nobody else does. */
function promptGiven(state, event, { control: id, by, details }) {
  if (!isPrompt(state, details.prompt) || state.prompt.state !== "WAITING") return state;
  const given = { state: "ANSWERED", answered_at: event.at, answer: details.value, answered_by: by, control: id };
  return inBatch({ ...state, prompt: { ...state.prompt, ...given } }, { prompt: "" });
}

/** The run has the answer. */
function promptAnswered(state, event, data) {
  const next = obey(state, event, data);
  if (!isPrompt(state, data.prompt) || state.prompt.taken_at) return next;
  const { answered_at: at, answered_by: by } = state.prompt;
  const taken = { state: "ANSWERED", answer: data.value, answered_at: at ?? event.at, answered_by: by || data.by, taken_at: event.at };
  return inBatch({ ...next, prompt: { ...state.prompt, ...taken } }, { prompt: "" });
}

const promptClosed = (state, event, data) => (isPrompt(state, data.prompt) ? closePrompt(state, event.at, data.why) : state);

/** It waits no more; an answer that the run has not taken over did not hold. */
function closePrompt(state, at, why) {
  if (!state.prompt || state.prompt.taken_at || state.prompt.closed_at) return state;
  return inBatch({ ...state, prompt: { ...state.prompt, state: "OVER", closed_at: at, closed_why: why } }, { prompt: "" });
}

// What people asked -------------------------------------------------------------------------------------------------

const shownControl = ({ id, kind, scope, by, face, reason, details, before, after, requested_at, delivered_at, obeyed_at }) => ({
  id, kind, scope, by, face, reason, details, before, after, requested_at, delivered_at, obeyed_at,
});

function inControl(state, id, change) {
  const at = state.controls.findIndex((one) => one.id === id);
  const next = change(state.controls[at]);
  if (!next || next === state.controls[at]) return state;
  const controls = at < 0 ? [...state.controls, next] : state.controls.with(at, next);
  return { ...state, controls: controls.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function asked(state, event, data, done = {}) {
  const { control: id, kind, by, face, reason, scope = "", details = {} } = data;
  const times = { requested_at: event.at, delivered_at: null, obeyed_at: null };
  const was = { ...before(state, scope, details), ...("value" in (data.before ?? {}) && { value: data.before.value }) };
  const wish = { id, kind, scope, by, face, reason, details, before: was, after: {}, ...times };
  const next = inControl(state, id, (known) => known ?? { ...wish, ...done });
  return kind === "PROMPT_ANSWER" ? promptGiven(next, event, data) : next;
}

/** How things stood when it was asked for. */
function before(state, scope, { settings, prompt }) {
  if (scope) return {};
  if (prompt) return { state: state.batch.state, answer: null };
  const values = { ...state.parameters, ...state.settings };
  const was = settings && Object.fromEntries(Object.keys(settings).map((name) => [name, values[name] ?? null]));
  return { state: state.batch.state, ...(was && { settings: was }) };
}

/** The runner's answer to a wish. What a stop comes to is known at the end. */
function obey(state, event, data) {
  if (!data.control) return state;
  const refused = data.obeyed === false;
  const holds = refused || !data.settings ? state : { ...state, settings: { ...state.settings, ...data.settings } };
  return inControl(holds, data.control, (known) => {
    if (!known) return null;
    const delivered = { ...known, delivered_at: known.delivered_at ?? event.at };
    if (refused) return { ...delivered, after: { note: event.message } };
    return { ...delivered, obeyed_at: event.at, after: afterOf(state, event, data) ?? known.after };
  });
}

/** How things stand once a wish is obeyed. */
function afterOf(state, { kind }, { settings, value, by, why }) {
  if (kind === "prompt.answered") return { answer: value };
  if (kind === "manual.begun") return { by };
  if (kind === "manual.ended") return { ended: why };
  if (kind !== "control") return { state: state.batch.state };
  return settings ? { settings } : null;
}

/** People drive the instruments from now on, or no more. */
const manualBegun = (state, event, data) => obey(inBatch(state, { manual_by: data.by }), event, data);
const manualEnded = (state, event, data) => obey(inBatch(state, { manual_by: "" }), event, data);

/** What a command by hand came to. */
const commanded = (state, event, { control: id, value, unit, text, error, took_ms }) =>
  inControl(state, id, (known) => {
    if (!known) return null;
    const answer = { value, unit, text, error, took_ms };
    return { ...known, delivered_at: known.delivered_at ?? event.at, obeyed_at: error ? null : event.at, after: answer };
  });

/** What the guard does for a wish has reached it. */
const climbed = (state, event, data) =>
  data.control ? inControl(state, data.control, (known) => known && { ...known, delivered_at: known.delivered_at ?? event.at }) : state;

/** A line of kind "control" is either the wish itself or the runner's answer to it. */
const control = (state, event, data) => (data.by === undefined ? obey : asked)(state, event, data);

const queued = (state, event, data) =>
  asked(state, event, { ...data, kind: "BATCH_START" }, { before: {}, after: { state: "QUEUED" }, delivered_at: event.at, obeyed_at: event.at });

const TAKERS = {
  "batch.queued": queued, "batch.started": batchStarted, "batch.paused": paused, "batch.resumed": resumed,
  "batch.ended": batchEnded, "step.started": stepStarted, "step.ended": stepEnded, measurement: measured,
  attachment: attached, "prompt.asked": promptAsked, "prompt.answered": promptAnswered, "prompt.closed": promptClosed,
  "manual.begun": manualBegun, "manual.answered": commanded, "manual.ended": manualEnded,
  progress: progressed, "items.progress": wentOn, control, ladder: climbed, error: failed, safe_state: madeSafe,
};
