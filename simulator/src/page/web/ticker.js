// Calls functions ten times a second, while there are any.

const waiting = new Set();
let timer = null;

/** Calls `tick` until it returns false. */
export function every(tick) {
  if (tick() === false) return;
  waiting.add(tick);
  timer ??= setInterval(run, 100);
}

function run() {
  for (const tick of [...waiting]) {
    if (tick() === false) waiting.delete(tick);
  }
  if (waiting.size === 0) {
    clearInterval(timer);
    timer = null;
  }
}
