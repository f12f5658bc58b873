/** As this server writes ids of rows, for a regular expression. */
export const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const WHOLE = new RegExp(`^${UUID}$`);

/** Whether it can be the id of a row. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && WHOLE.test(value);
