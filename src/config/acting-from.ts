import { AsyncLocalStorage } from 'node:async_hooks';

const address = new AsyncLocalStorage<string>();

/** Where acts of the command line come from. */
export const COMMAND_LINE = 'command line';

/** Whatever `work` does, and what follows from it, was asked for from this address. */
export function actingFrom<T>(from: string, work: () => T): T {
  return address.run(from, work);
}

/** Where the act under way was asked for from, for the log; null: nobody asked, the server does it by itself. */
export function actedFrom(): string | null {
  return address.getStore() ?? null;
}
