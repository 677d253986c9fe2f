// The charge point of the npm package ocpp-ts.
'use strict';
const { OcppClient } = require('ocpp-ts');
const { main, play, tell } = require('./script');

main(async ({ url, identity, answers, calls }) => {
  const client = new OcppClient(identity);
  for (const [action, answer] of Object.entries(answers)) {
    client.on(action, (payload, respond) => {
      tell('asked', { action, payload });
      respond(answer);
    });
  }
  const connected = new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  client.connect(url + '/');
  await connected;
  tell('connected');
  await play(calls, (action, payload) => client.callRequest(action, payload));
});
