import { lookup, Resolver } from 'node:dns/promises';
import { request, type RequestOptions } from 'node:https';
import type { ClientRequest } from 'node:http';
import { Injectable } from '@nestjs/common';

/** The only door to other servers. Tests put their own names and addresses behind it. */
@Injectable()
export class Outbound {
  /**
   * Every address of a public name, asked of the name servers: not of this computer's own hosts. It can be called off,
   * and takes none of the threads that passwords are hashed in.
   */
  async addresses(host: string, signal: AbortSignal): Promise<string[]> {
    const resolver = this.resolver();
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    signal.removeEventListener('abort', cancel);
    const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length === 0) throw (found[0] as PromiseRejectedResult).reason;
    return addresses;
  }

  /** The same, of a name this computer may know by itself, as `localhost`. */
  async ownAddresses(host: string): Promise<string[]> {
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
  }

  protected resolver(): Resolver {
    return new Resolver({ timeout: 1_500, tries: 2 });
  }

  /** An https request to exactly this address; `servername` says which name its certificate must have. */
  request(address: string, options: RequestOptions): ClientRequest {
    // No agent: no connection is shared, and no proxy of the environment is used.
    return request({ ...options, host: address, agent: false });
  }
}
