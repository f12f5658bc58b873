/** What the act before a redirect did. The query names one; nothing of the query is ever shown. */
const NOTICES: Readonly<Record<string, string>> = {
  'logged-out': 'You are logged out.',
  welcome: 'Your account is ready. Connect your first tool below.',
  'organization-created': 'The organization is there, and selected.',
  'organization-renamed': 'The organization has its new name.',
  'organization-selected': 'You are looking at another organization now.',
  disconnected: 'The tool is disconnected. It cannot use this server any more, and must ask you again.',
  'project-created': 'The project is there.',
  'project-renamed': 'The project has its new name.',
  'project-deleted': 'The project is gone.',
};

export function noticeOf(done: unknown): string | undefined {
  return typeof done === 'string' && Object.hasOwn(NOTICES, done) ? NOTICES[done] : undefined;
}
