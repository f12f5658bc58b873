import { AuthorizationCodeGrant } from './authorization-code.grant.js';
import { RefreshTokenGrant } from './refresh-token.grant.js';

/** Every grant type there is. To add one: write its file, add its line. Dispatch and metadata read this list. */
export const GRANT_HANDLERS = [AuthorizationCodeGrant, RefreshTokenGrant];
/** One of each, to inject. */
export const HANDLERS = Symbol('grant handlers');
export const GRANT_TYPES: readonly string[] = GRANT_HANDLERS.map(({ grantType }) => grantType);
