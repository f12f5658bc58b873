import type { Finding } from './finding.js';
import { newSupportCode } from './support-code.js';

/** Why a request was not let in (RFC 6750 §3.1). */
export type BearerErrorCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

const STATUS: Record<BearerErrorCode, number> = { invalid_request: 400, invalid_token: 401, insufficient_scope: 403 };

/**
 * A refusal of the protected resource. Without a code no token was presented, and nothing is said about one.
 * `scope`: what would be needed, all of it at once.
 */
export class BearerChallenge extends Error {
  readonly supportCode = newSupportCode();

  constructor(
    readonly code?: BearerErrorCode,
    private readonly description?: string,
    finding?: Finding,
    readonly scope?: readonly string[],
  ) {
    super(code ? `${code}: ${description}` : 'no access token', { cause: finding });
  }

  /** `error_description` of the body, with the support code; undefined when no token was presented. */
  get errorDescription(): string | undefined {
    return this.code && `${this.description} (support code ${this.supportCode})`;
  }

  get status(): number {
    return this.code ? STATUS[this.code] : 401;
  }

  /**
   * The `WWW-Authenticate` value (RFC 6750 §3, RFC 9728 §5.1): one line, every value quoted, no comma inside one. When
   * a scope is missing it is the same each time: by that tools see that asking for more did not help, and stop.
   */
  header(resourceMetadata: string, defaultScope: readonly string[]): string {
    const description = this.code === 'insufficient_scope' ? this.description : this.errorDescription;
    const parameters = [
      ...(this.code ? [['error', this.code] as const] : []),
      ...(description ? [['error_description', description] as const] : []),
      ['resource_metadata', resourceMetadata] as const,
      ['scope', (this.scope ?? defaultScope).join(' ')] as const,
    ];
    return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
  }
}
