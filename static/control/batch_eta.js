// How long a batch has run and will still run, at any moment: the same reckoning as control/metrics/eta.py, ticking.

const ENOUGH = 0.02; // below this much progress a projection says nothing

/** Seconds since it began, up to its end; null before it begins. `now`: milliseconds. */
export function elapsed(batch, now) {
  if (!batch.started_at) return null;
  const end = batch.ended_at ? Date.parse(batch.ended_at) : now;
  return Math.max(0, (end - Date.parse(batch.started_at)) / 1000);
}

/** Seconds until it ends; null while nobody can know. */
export function secondsLeft(batch, now) {
  const past = elapsed(batch, now);
  if (past === null || batch.state !== "RUNNING" || batch.prompt) return null; // people answer when they answer
  if (batch.items_seconds_left != null) return batch.items_seconds_left; // of its last chunks, which tell best
  if (batch.expected_s !== null && past > batch.expected_s) return null; // it takes longer than usual
  const done = Math.min(batch.progress, 1);
  const projected = done >= ENOUGH ? past / done - past : null;
  const usual = batch.expected_s === null ? null : batch.expected_s - past;
  if (projected === null || usual === null) return projected ?? usual;
  return done * projected + (1 - done) * usual;
}
