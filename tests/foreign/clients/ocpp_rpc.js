// The charge point of the npm package ocpp-rpc, in its strict mode: it holds every message of both directions against its own schemas.
'use strict';
const { RPCClient, createRPCError } = require('ocpp-rpc');
const { main, play, tell } = require('./script');

main(async ({ url, identity, answers, calls }) => {
  const client = new RPCClient({
    endpoint: url,
    identity,
    protocols: ['ocpp1.6'],
    strictMode: true,
    reconnect: false,
    pingIntervalMs: Infinity,
  });
  client.on('strictValidationFailure', ({ error }) => tell('broken', { text: error.message, details: error.details }));
  client.handle(({ method, params }) => {
    tell('asked', { action: method, payload: params });
    if (!(method in answers)) throw createRPCError('NotImplemented');
    return answers[method];
  });
  await client.connect();
  tell('connected');
  await play(calls, (action, payload) => client.call(action, payload));
});
