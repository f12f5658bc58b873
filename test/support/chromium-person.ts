import type { Page } from 'playwright-core';
import type { Person } from './people.js';

/** What a person does in a real browser, by the names a screen reader says. */
export async function logIn(page: Page, person: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByRole('textbox', { name: 'Email' }).fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Up to the approval page. */
export async function selectOrganization(page: Page, name = 'Acme'): Promise<void> {
  await page.getByRole('group', { name: 'Organization' }).getByRole('radio', { name }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
}

/** Follows an authorization URL to its end and approves. */
export async function approve(page: Page, authorizationUrl: string | URL, person: Person): Promise<void> {
  await page.goto(String(authorizationUrl));
  if (page.url().includes('/authorize/login')) await logIn(page, person);
  await selectOrganization(page);
  await page.getByRole('button', { name: 'Approve' }).click();
}
