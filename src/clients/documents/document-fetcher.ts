import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Outbound } from '../../config/outbound.js';
import { documentUrlFault } from './document-url.js';
import { isPublicAddress } from './public-address.js';

const DEADLINE_MS = 5_000;
const MAX_BYTES = 10 * 1024;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/i;

/** No document could be had. The reason is for the log: the outside is told the same for every one. */
export class DocumentUnavailable extends Error {}

/** Nor was it asked for: too many are. */
export class DocumentsBusy extends DocumentUnavailable {}

export interface FetchedDocument {
  readonly text: string;
  readonly etag: string | undefined;
  /** Seconds the publisher says it may be kept; undefined when it says nothing. */
  readonly maxAge: number | undefined;
}

/**
 * Gets the document behind a client id. The name is resolved once, every address must be public, and the connection
 * goes to an address that was checked. No redirects, no credentials, no proxy; five seconds and ten kilobytes at most.
 */
@Injectable()
export class DocumentFetcher {
  constructor(
    private readonly outbound: Outbound,
    private readonly config: Config,
  ) {}

  /** The document, or `'unchanged'` when it still is the one of this ETag. Throws `DocumentUnavailable`. */
  async fetch(url: string, etag?: string): Promise<FetchedDocument | 'unchanged'> {
    const fault = documentUrlFault(url, this.config.cimdPrivateHosts);
    if (fault) throw new DocumentUnavailable(`not fetched: ${fault}`);
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const addresses = await this.addresses(new URL(url), signal);
      return await this.getFromAny(addresses, new URL(url), etag, signal);
    } catch (error) {
      if (error instanceof DocumentUnavailable) throw error;
      throw new DocumentUnavailable(signal.aborted ? 'it took too long' : 'the connection failed', { cause: error });
    }
  }

  private async addresses({ hostname, host }: URL, signal: AbortSignal): Promise<string[]> {
    const name = hostname.replace(/^\[|\]$/g, '');
    const mayBePrivate = this.config.cimdPrivateHosts.includes(host);
    const addresses = await Promise.race([
      mayBePrivate ? this.outbound.ownAddresses(name) : this.outbound.addresses(name, signal),
      once(signal, 'abort').then((): never => signal.throwIfAborted() as never),
    ]);
    if (addresses.length === 0 || !(mayBePrivate || addresses.every(isPublicAddress))) {
      throw new DocumentUnavailable('its host has an address that is not public');
    }
    return addresses;
  }

  /** From the first address that answers at all. */
  private async getFromAny(
    [address, ...others]: readonly string[],
    ...asked: [url: URL, etag: string | undefined, signal: AbortSignal]
  ): Promise<FetchedDocument | 'unchanged'> {
    try {
      return await this.get(address!, ...asked);
    } catch (error) {
      if (error instanceof DocumentUnavailable || others.length === 0) throw error;
      return this.getFromAny(others, ...asked);
    }
  }

  private get(
    address: string,
    url: URL,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<FetchedDocument | 'unchanged'> {
    const headers = {
      host: url.host,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'bkend-mcp-auth',
      ...(etag && { 'if-none-match': etag }),
    };
    const options = {
      method: 'GET',
      servername: url.hostname,
      port: url.port || 443,
      path: url.pathname + url.search,
      headers,
      signal,
    };
    return new Promise((resolve, reject) => {
      const outgoing = this.outbound.request(address, options);
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        read(response, etag !== undefined)
          .then(resolve, reject)
          .finally(() => outgoing.destroy());
      });
      outgoing.end();
    });
  }
}

async function read(response: IncomingMessage, conditional: boolean): Promise<FetchedDocument | 'unchanged'> {
  const { statusCode, headers } = response;
  if (conditional && statusCode === 304) return 'unchanged';
  if (statusCode !== 200) throw new DocumentUnavailable(`its host answered ${statusCode}`);
  if (!JSON_TYPE.test(headers['content-type']?.split(';', 1)[0]?.trim() ?? ''))
    throw new DocumentUnavailable('it is not JSON');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new DocumentUnavailable('it is compressed');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new DocumentUnavailable('it is too large');
    chunks.push(chunk);
  }
  const caching = headers['cache-control'] ?? '';
  const maxAge = /(?:no-store|no-cache)/i.test(caching) ? 0 : /max-age=(\d{1,9})/i.exec(caching)?.[1];
  return {
    text: Buffer.concat(chunks).toString(),
    etag: headers.etag,
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
  };
}
