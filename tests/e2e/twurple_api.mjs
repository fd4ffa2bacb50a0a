// SPDX-License-Identifier: Apache-2.0
// @twurple/api and @twurple/eventsub-ws against a server of ours, for the tests that use them.
let ApiClient, EventSubWsListener, StaticAuthProvider;
/** Why they cannot be used here, or false. */
export let skip = false;
try {
    ({ ApiClient } = await import('@twurple/api'));
    ({ EventSubWsListener } = await import('@twurple/eventsub-ws'));
    ({ StaticAuthProvider } = await import('@twurple/auth'));
} catch (error) {
    skip = `twurple does not load on Node ${process.version}: ${error.message}`;
}
const kQuiet = { logger: { minLevel: 'critical' } };
const listeners = [];

/** From now on twurple asks this server, by the one switch that it has for that. */
export function point(server) {
    process.env.TWURPLE_MOCK_API_PORT = String(server.http);
}

/** A client of the API with this token; in development mode a login is a full token. */
export function api(token) {
    return new ApiClient({ authProvider: new StaticAuthProvider('e2e', token), ...kQuiet });
}

export function listen(client) {
    const listener = new EventSubWsListener({ apiClient: client, ...kQuiet });
    listeners.push(listener);
    listener.start();
    return listener;
}

export function stopListening() {
    for (const listener of listeners.splice(0)) listener.stop();
}

/** Subscribes, waits until it is confirmed, and collects what comes. */
export async function subscribed(listener, method, ...args) {
    const events = [];
    const confirmed = new Promise((done, fail) => {
        listener.onSubscriptionCreateSuccess((made) => made === subscription && done());
        listener.onSubscriptionCreateFailure((made, error) => made === subscription && fail(error));
    });
    const subscription = listener[method](...args, (event) => events.push(event));
    await confirmed;
    return events;
}
