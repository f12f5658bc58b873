import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

const KNOWN = ['none', 'login', 'consent', 'select_account'];

/**
 * The `prompt` parameter (OpenID Connect Core §3.1.2.1), which some tools send. Consent is asked anyway, but for
 * clients an administrator trusts; `consent` asks for those too. Throws `invalid_request` for unknown values, and for
 * `none` beside another.
 */
export function readPrompt(value: string | undefined): { none: boolean; login: boolean; consent: boolean } {
  const finding = new Finding('prompt', { prompt: value });
  const prompts = value?.split(' ').filter(Boolean) ?? [];
  if (prompts.some((prompt) => !KNOWN.includes(prompt)))
    throw new OAuthError('invalid_request', 'prompt has an unknown value', finding);
  if (prompts.includes('none') && prompts.length > 1)
    throw new OAuthError('invalid_request', 'prompt is none and something else at once', finding);
  return {
    none: prompts.includes('none'),
    login: prompts.includes('login') || prompts.includes('select_account'),
    consent: prompts.includes('consent'),
  };
}
