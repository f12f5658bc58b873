import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { unescape, type WebPage } from './http-browser.js';

/** What a test may have the device, or whoever stands in for it, do otherwise. */
export interface Deviation {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  /** User present 1, user verified 4. */
  readonly flags?: number;
  readonly count?: number;
  readonly handle?: string | undefined;
  readonly key?: KeyObject;
}

interface Asked {
  readonly challenge: string;
  readonly rpId?: string;
  readonly rp?: { readonly id: string };
  readonly user?: { readonly id: string };
}

const PRESENT_AND_VERIFIED = 5;
const NEW_CREDENTIAL = 0x40;

/** A device with one passkey (WebAuthn level 3, ES256), as JSON of the browser's. */
export class SoftwareAuthenticator {
  readonly id = randomBytes(32);
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  private handle: string | undefined;
  count = 0;

  constructor(private readonly origin: string) {}

  get privateKey(): KeyObject {
    return this.keys.privateKey;
  }

  /** Makes the passkey a page asks for. */
  make(page: WebPage, deviation: Deviation = {}): string {
    const asked = askedBy(page, 'new');
    this.handle = asked.user!.id;
    const { x, y } = this.keys.publicKey.export({ format: 'jwk' }) as { x: string; y: string };
    const key = map(
      [int(1), int(2)],
      [int(3), int(-7)],
      [int(-1), int(1)],
      [int(-2), bytes(b64(x))],
      [int(-3), bytes(b64(y))],
    );
    const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, this.id.length]), this.id, key]);
    const data = Buffer.concat([this.data(asked.rp!.id, deviation, NEW_CREDENTIAL), credential]);
    const attestation = map([text('fmt'), text('none')], [text('attStmt'), map()], [text('authData'), bytes(data)]);
    const id = this.id.toString('base64url');
    const clientDataJSON = this.client('webauthn.create', asked, deviation).toString('base64url');
    const response = { clientDataJSON, attestationObject: attestation.toString('base64url'), transports: ['internal'] };
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }

  /** Answers the challenge of a page. */
  answer(page: WebPage, deviation: Deviation = {}): string {
    const asked = askedBy(page);
    const data = this.data(asked.rpId!, deviation);
    const client = this.client('webauthn.get', asked, deviation);
    const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
    const signature = sign('sha256', signed, deviation.key ?? this.privateKey);
    const id = this.id.toString('base64url');
    const response = {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: 'handle' in deviation ? deviation.handle : this.handle,
    };
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }

  private client(type: string, { challenge }: Asked, deviation: Deviation): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: deviation.type ?? type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? this.origin,
        crossOrigin: false,
      }),
    );
  }

  private data(rpId: string, { rpId: other, flags = PRESENT_AND_VERIFIED, count }: Deviation, more = 0): Buffer {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(count ?? this.count);
    const hash = createHash('sha256')
      .update(other ?? rpId)
      .digest();
    return Buffer.concat([hash, Buffer.from([flags | more]), counted]);
  }
}

/** What the page asks of the browser. */
export function askedBy({ html, url }: WebPage, kind = ''): Asked {
  const found = new RegExp(`<form[^>]* data-passkey="([^"]+)"[^>]*${kind && ' data-new'}`).exec(html);
  if (!found) throw new Error(`no passkey is asked for at ${url}`);
  return JSON.parse(unescape(found[1]!)) as Asked;
}

const b64 = (value: string) => Buffer.from(value, 'base64url');
/** CBOR (RFC 8949 §3), as much as it takes. */
const head = (major: number, value: number) => {
  const kind = major << 5;
  if (value < 24) return Buffer.from([kind | value]);
  return value < 256 ? Buffer.from([kind | 24, value]) : Buffer.from([kind | 25, value >> 8, value & 255]);
};
const int = (value: number) => (value < 0 ? head(1, -1 - value) : head(0, value));
const bytes = (value: Buffer) => Buffer.concat([head(2, value.length), value]);
const text = (value: string) => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const map = (...entries: Buffer[][]) => Buffer.concat([head(5, entries.length), ...entries.flat()]);
