import { Finding } from './finding.js';
import { OAuthError } from './oauth-error.js';

/** What a query string or a form body parses into. */
export type RawParameters = Readonly<Record<string, unknown>>;

/**
 * The parameters of one request (RFC 6749 §3.1, §3.2): unknown ones are ignored, an empty value is an absent one, and
 * none may repeat except `resource` (RFC 8707 §2).
 */
export class Parameters {
  constructor(private readonly raw: RawParameters) {}

  /** The value, or undefined. Throws `invalid_request` when it repeats or holds what no text may hold. */
  optional(name: string): string | undefined {
    const values = this.sent(name);
    if (values.length > 1) throw refused(name, 'is repeated', { times: values.length });
    return values[0] || undefined;
  }

  /** The value. Throws `invalid_request` when it is missing, empty or repeated. */
  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw refused(name, 'is missing', {});
    return value;
  }

  /** Every value of a parameter that may repeat. */
  all(name: string): string[] {
    return this.sent(name).filter((value) => value !== '');
  }

  /** Throws `invalid_request` when any of these repeats; ones this server does not know may. */
  refuseRepeated(names: readonly string[]): void {
    for (const name of names) this.optional(name);
  }

  private sent(name: string): string[] {
    if (!Object.hasOwn(this.raw, name)) return [];
    const values = [this.raw[name]].flat().filter((value) => typeof value === 'string');
    if (!values.every(isText)) throw refused(name, 'is not valid text', {});
    return values;
  }
}

function refused(name: string, what: string, compared: Record<string, unknown>): OAuthError {
  return new OAuthError(
    'invalid_request',
    `${name} ${what}`,
    new Finding('parameter-form', { parameter: name, ...compared }),
  );
}

/**
 * No NUL, which PostgreSQL cannot store, and nothing that was not UTF-8 (decoders leave U+FFFD or a lone surrogate).
 */
function isText(value: string): boolean {
  return !/[\u0000\ufffd]/.test(value) && value.isWellFormed();
}
