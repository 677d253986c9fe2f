// What both clients do alike: play a script that comes in as one line of JSON, and tell what happens as JSON lines.
//
// in:  {"url", "identity", "answers": {action: payload of the CALLRESULT}, "calls": [[action, payload], …]}
// out: {"event": "connected"}, {"event": "asked", action, payload}, {"event": "answer" | "error", action, …}, {"event": "done"}
//
// It stays connected until its input is closed.
'use strict';
const readline = require('node:readline');

function tell(event, fields = {}) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + '\n');
}

/** Make the calls of the script in their order; `call(action, payload)` gives the answer or throws. */
async function play(calls, call) {
  for (const [action, payload] of calls) {
    try {
      tell('answer', { action, payload: await call(action, payload) });
    } catch (error) {
      tell('error', { action, error: String(error.rpcErrorCode || error.code || error), text: error.message });
    }
  }
  tell('done');
}

/** Wait for the script, run `connect(script)`, and end with the input. */
function main(connect) {
  const input = readline.createInterface({ input: process.stdin });
  input.once('line', (line) => {
    connect(JSON.parse(line)).catch((error) => {
      tell('failed', { error: String(error), text: error.message });
      process.exit(1);
    });
  });
  input.once('close', () => process.exit(0));
}

module.exports = { main, play, tell };
