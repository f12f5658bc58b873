import { AsyncLocalStorage } from 'node:async_hooks';

const address = new AsyncLocalStorage<string>();
let underWay = 0;

/** Where acts of the command line come from. */
export const COMMAND_LINE = 'command line';

/**
 * Whatever `work` does, and what follows from it until it is over, was asked for from this address. Following it costs
 * every promise of the process, whoever's it is (on Node before 24): so nothing is followed while no such work is under
 * way, and what programs ask for says its address itself.
 */
export async function actingFrom<T>(from: string, work: () => Promise<T>): Promise<T> {
  underWay++;
  try {
    return await address.run(from, work);
  } finally {
    if (--underWay === 0) address.disable();
  }
}

/** Where the act under way was asked for from, for the log; null: nobody asked, the server does it by itself. */
export function actedFrom(): string | null {
  return address.getStore() ?? null;
}
