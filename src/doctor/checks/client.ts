import { bad, type Check, faultOf, good, inShort, noted } from '../examination.js';
import { visit } from '../visit.js';

/** How the tool becomes a client: by its document where those are read, else by registration (RFC 7591). */
export const client: Check = async function* (patient) {
  const { tool, server } = patient;
  if (tool.document && server?.['client_id_metadata_document_supported'] === true) {
    patient.clientId = tool.document;
    yield good(`its document, which the server must be able to fetch when somebody logs in: ${tool.document}`);
  } else if (tool.document) yield noted('its document', 'not read where CIMD=off; the tool registers instead');
  const what = 'registration';
  const answer = await visit(String(server?.['registration_endpoint']), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: `doctor, as ${tool.name}`,
      redirect_uris: tool.redirectUris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  });
  const { json, status } = answer;
  if (json?.['error'] === 'invalid_redirect_uri') return yield bad(what, 'redirect-uri-refused', inShort(answer));
  if (status !== 201) {
    const isOther = status >= 200 && status < 300;
    return yield bad(what, isOther ? 'registration-altered' : faultOf(answer, 'registration-refused'), inShort(answer));
  }
  if (
    typeof json?.['client_id'] !== 'string' ||
    !Array.isArray(json['redirect_uris']) ||
    Object.values(json).includes(null)
  )
    return yield bad(what, 'registration-altered', inShort(answer));
  if (!tool.redirectUris.every((uri) => (json['redirect_uris'] as unknown[]).includes(uri)))
    return yield bad(what, 'redirect-uri-refused', `kept only ${(json['redirect_uris'] as string[]).join(', ')}`);
  patient.clientId ??= json['client_id'];
  yield good(what);
};
