import { Secret, TOTP } from 'otpauth';

/** A code is good for its thirty seconds and those beside them: clocks differ (RFC 6238 §5.2). */
const WINDOW = 1;

/** What an app is given: 160 random bits (RFC 4226 §4). */
export function newAppSecret(): Buffer {
  return Buffer.from(new Secret({ size: 20 }).bytes);
}

/** As people type it into an app that cannot see. */
export function typedSecret(secret: Buffer): string {
  return secretOf(secret).base32.replace(/(.{4})(?=.)/g, '$1 ');
}

/** What the picture says: `otpauth://totp/…`, under which the app lists the account. */
export function appUri(secret: Buffer, { issuer, email }: { issuer: string; email: string }): string {
  return new TOTP({ secret: secretOf(secret), issuer, label: email }).toString();
}

/** The time step this code is of, if it is one of now; compared in constant time. */
export function stepOf(code: string, secret: Buffer, at: Date): number | undefined {
  const totp = new TOTP({ secret: secretOf(secret) });
  const timestamp = at.getTime();
  const delta = totp.validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}

function secretOf(bytes: Buffer): Secret {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer });
}
