import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { sameBytes } from '../oauth/secret.js';
import { deflated, inflated } from './deflated.js';

const NONCE = 12;
const TAG = 16;

/** What a key is for. Each purpose has its own key, so nothing sealed for one opens for another. */
export type Purpose =
  | 'client-id'
  | 'client-secret'
  | 'authorization-request'
  | 'waiting-request'
  | 'csrf'
  | 'refresh-token'
  | 'signing-key'
  | 'setup-link'
  | 'sign-up'
  | 'password-reset'
  | 'email-change'
  | 'invitation'
  | 'half-way'
  | 'authenticator-setup'
  | 'authenticator-secret'
  | 'passkey-challenge'
  | 'passkey-handle'
  | 'audit-chain'
  | 'policy-change';

/** One of the operator's secrets, by its place. */
type Maker = number;
const CURRENT: Maker = 0;

/**
 * Seals, opens and expires values under keys derived from the operator's secrets (HKDF, RFC 5869): the first secret
 * makes, every secret is still accepted. State a stranger needs later travels with the stranger, sealed by this.
 */
@Injectable()
export class Sealing {
  private readonly keys = new Map<Purpose, KeyObject[]>();

  constructor(
    private readonly secrets: readonly string[],
    private readonly clock: Clock,
  ) {}

  /** HMAC-SHA256 under the current secret, or under the one that made another MAC: 32 bytes. */
  mac(purpose: Purpose, data: string | Buffer, maker: Maker = CURRENT): Buffer {
    return createHmac('sha256', this.keysFor(purpose)[maker]!).update(data).digest();
  }

  /** Whether any accepted secret made this MAC, all of it. */
  hasMac(purpose: Purpose, data: string | Buffer, mac: Buffer): boolean {
    return this.makerOf(purpose, data, mac) !== undefined;
  }

  /** The secret that made this MAC, or made the first `length` bytes that are all of it; undefined when none did. */
  makerOf(purpose: Purpose, data: string | Buffer, mac: Buffer, length = 32): Maker | undefined {
    const maker = this.keysFor(purpose).findIndex((key) =>
      sameBytes(createHmac('sha256', key).update(data).digest().subarray(0, length), mac),
    );
    return maker < 0 ? undefined : maker;
  }

  /** AES-256-GCM, base64url. `context` is bound, not contained: opening needs the same one. */
  seal(purpose: Purpose, plaintext: Buffer, context = ''): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.keysFor(purpose)[0]!, nonce).setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** What was sealed, or undefined when this was not made by us, for this purpose, in this context. */
  open(purpose: Purpose, sealed: string, context = ''): Buffer | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE + TAG || bytes.toString('base64url') !== sealed) return undefined;
    for (const key of this.keysFor(purpose)) {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
      } catch {
        // made under another secret, or not by us
      }
    }
    return undefined;
  }

  /** A JSON value that opens for `lifetime` seconds. */
  sealValue(purpose: Purpose, value: unknown, lifetime: number, context = ''): string {
    const expiresAt = Math.floor(this.clock.now().getTime() / 1000) + lifetime;
    return this.seal(purpose, deflated([expiresAt, value]), context);
  }

  /** The value, as long as it lives; undefined when it is over, or was not made by us. */
  openLiving<T>(purpose: Purpose, sealed: unknown, context = ''): T | undefined {
    const opened = this.openValue<T>(purpose, sealed, context);
    return typeof opened === 'object' ? opened.value : undefined;
  }

  /** The same for whoever must say why not: the value, or `'expired'`, or undefined when it was not made by us. */
  openValue<T>(purpose: Purpose, sealed: unknown, context = ''): { value: T } | 'expired' | undefined {
    const bytes = typeof sealed === 'string' ? this.open(purpose, sealed, context) : undefined;
    if (!bytes) return undefined;
    const [expiresAt, value] = inflated<[number, T]>(bytes);
    return expiresAt * 1000 > this.clock.now().getTime() ? { value } : 'expired';
  }

  private keysFor(purpose: Purpose): KeyObject[] {
    let keys = this.keys.get(purpose);
    if (!keys) {
      keys = this.secrets.map((secret) =>
        createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `bkend-mcp-auth ${purpose}`, 32))),
      );
      this.keys.set(purpose, keys);
    }
    return keys;
  }
}
