import { lookup } from 'node:dns/promises';
import { request, type RequestOptions } from 'node:https';
import type { ClientRequest } from 'node:http';
import { Injectable } from '@nestjs/common';

/** The only door to other servers. Tests put their own names and addresses behind it. */
@Injectable()
export class Outbound {
  /** Every address of a host name. */
  async addresses(host: string): Promise<string[]> {
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
  }

  /** An https request to exactly this address; `servername` says which name its certificate must have. */
  request(address: string, options: RequestOptions): ClientRequest {
    // No agent: no connection is shared, and no proxy of the environment is used.
    return request({ ...options, host: address, agent: false });
  }
}
