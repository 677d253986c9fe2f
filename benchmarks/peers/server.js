// A central system on npm's ocpp-rpc, as its README has it: node server.js [strict]. `strict` holds every message
// against its schema. Prints its address.
'use strict';

const {RPCServer} = require('ocpp-rpc');

const server = new RPCServer({
    protocols: ['ocpp1.6'],
    strictMode: process.argv[2] === 'strict',
    pingIntervalMs: 2 ** 31 - 1,
});

server.auth((accept) => accept());

server.on('client', (client) => {
    client.handle('Authorize', () => ({idTagInfo: {status: 'Accepted'}}));
    client.handle('BootNotification', () => ({status: 'Accepted', interval: 10, currentTime: new Date().toISOString()}));
    client.handle('Heartbeat', () => ({currentTime: new Date().toISOString()}));
    client.handle('MeterValues', () => ({}));
});

server.listen(0, '127.0.0.1').then((http) => console.log(`ws://127.0.0.1:${http.address().port}/`));
