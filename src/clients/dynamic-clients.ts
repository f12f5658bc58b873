import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import type { ClientAuthMethod, ClientMetadata } from '../oauth/client-metadata.js';
import { deflated, inflated } from '../sealing/deflated.js';
import { Sealing } from '../sealing/sealing.service.js';

const PREFIX = 'dyn-';
const VERSION = 1;
const MAC = 16;
const TIME = 4;
const NONCE = 8;
const HEAD = 1 + MAC;
/** A client id travels in URLs beside `state` and `redirect_uri`. */
export const MAX_CLIENT_ID_LENGTH = 3072;

/**
 * What real tools register, so that deflate needs to write little of it. Part of the format: never changed, a new
 * dictionary is a new version.
 */
const DICTIONARY = Buffer.from(
  '"s":"openid email profile offline_access organization:read projects:read projects:write"' +
    '"i":"https://github.com/modelcontextprotocol/inspector""c":"https://cursor.com""c":"https://code.visualstudio.com""c":"https://claude.ai""c":"https://github.com/' +
    '"v":"1.0.0""a":"web""a":"native""m":"client_secret_post""m":"client_secret_basic"' +
    '"g":["authorization_code"]"n":"MCP CLI Proxy""n":"mcp-remote""n":"Gemini CLI MCP Client""n":"MCP Inspector""n":"Codex""n":"opencode""n":"Goose""n":"Zed""n":"ChatGPT""n":"GitHub Copilot CLI""n":"Visual Studio Code""n":"Claude""n":"Cursor""n":"Claude Code (' +
    '"u":["http://localhost:6274/oauth/callback/debug","http://127.0.0.1:6276/oauth/callback","http://localhost:3334/oauth/callback","https://antigravity.google/oauth-callback","https://chatgpt.com/connector/oauth/","https://chatgpt.com/connector_platform_oauth_redirect","https://grok.com/connectors-oauth-exchange-code/","https://insiders.vscode.dev/redirect","https://vscode.dev/redirect","http://127.0.0.1/","http://127.0.0.1:33418/","https://claude.com/api/mcp/auth_callback","https://claude.ai/api/mcp/auth_callback","http://localhost:8787/callback","https://www.cursor.com/agents/mcp/oauth/callback","cursor://anysphere.cursor-mcp/oauth/callback","http://127.0.0.1:19876/mcp/oauth/callback","http://127.0.0.1/callback","http://localhost/callback","http://localhost:',
);

/** The registration in short: only what differs from the defaults. */
interface Compact {
  n?: string;
  u: readonly string[];
  g?: readonly string[];
  m?: ClientAuthMethod;
  s?: string;
  a?: string;
  c?: string;
  i?: string;
  v?: string;
}

const DEFAULT_GRANT_TYPES = ['authorization_code', 'refresh_token'];

/**
 * Dynamic clients without rows (RFC 7591): a client id is the registration itself: metadata (deflated), time, nonce and
 * a MAC. Nothing to collect, nobody stranded, and a flood of registrations costs only CPU.
 */
@Injectable()
export class DynamicClients {
  constructor(
    private readonly sealing: Sealing,
    private readonly clock: Clock,
  ) {}

  /** A new client id; undefined when the metadata is too much to travel in one. */
  seal(metadata: ClientMetadata): { clientId: string; issuedAt: number } | undefined {
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    const head = Buffer.alloc(TIME);
    head.writeUInt32BE(issuedAt);
    const registration = deflated(compact(metadata), { dictionary: DICTIONARY, level: 9 });
    const body = Buffer.concat([head, randomBytes(NONCE), registration]);
    const clientId = PREFIX + Buffer.concat([Buffer.of(VERSION), this.mac(body), body]).toString('base64url');
    return clientId.length > MAX_CLIENT_ID_LENGTH ? undefined : { clientId, issuedAt };
  }

  /** What was registered, or undefined when this id was not made by us. */
  open(clientId: string): ClientMetadata | undefined {
    const sealed = this.sealed(clientId);
    return sealed && expand(inflated<Compact>(sealed.body.subarray(TIME + NONCE), { dictionary: DICTIONARY }));
  }

  /**
   * The secret of a client that asked for one: derived from its id, never stored. From the operator's secret that made
   * the id, which need not be the current one any more. Undefined when this id was not made by us.
   */
  secretOf(clientId: string): string | undefined {
    const sealed = this.sealed(clientId);
    return sealed && this.sealing.mac('client-secret', clientId, sealed.maker).toString('base64url');
  }

  private sealed(clientId: string): { body: Buffer; maker: number } | undefined {
    if (!clientId.startsWith(PREFIX) || clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
    const encoded = clientId.slice(PREFIX.length);
    const bytes = Buffer.from(encoded, 'base64url');
    if (bytes[0] !== VERSION || bytes.length < HEAD + TIME + NONCE || bytes.toString('base64url') !== encoded)
      return undefined;
    const body = bytes.subarray(HEAD);
    const maker = this.sealing.makerOf('client-id', body, bytes.subarray(1, HEAD), MAC);
    return maker === undefined ? undefined : { body, maker };
  }

  private mac(body: Buffer): Buffer {
    return this.sealing.mac('client-id', body).subarray(0, MAC);
  }
}

function compact(metadata: ClientMetadata): Compact {
  const defaultGrants = metadata.grant_types.join() === DEFAULT_GRANT_TYPES.join();
  return {
    n: metadata.client_name,
    g: defaultGrants ? undefined : metadata.grant_types,
    m: metadata.token_endpoint_auth_method === 'none' ? undefined : metadata.token_endpoint_auth_method,
    s: metadata.scope,
    a: metadata.application_type,
    c: metadata.client_uri,
    i: metadata.software_id,
    v: metadata.software_version,
    u: metadata.redirect_uris,
  };
}

function expand(short: Compact): ClientMetadata {
  return {
    ...(short.n !== undefined && { client_name: short.n }),
    redirect_uris: short.u,
    grant_types: short.g ?? DEFAULT_GRANT_TYPES,
    response_types: ['code'],
    token_endpoint_auth_method: short.m ?? 'none',
    ...(short.s !== undefined && { scope: short.s }),
    ...(short.a !== undefined && { application_type: short.a }),
    ...(short.c !== undefined && { client_uri: short.c }),
    ...(short.i !== undefined && { software_id: short.i }),
    ...(short.v !== undefined && { software_version: short.v }),
  };
}
