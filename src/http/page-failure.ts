/** A failure with words for the person in front of the page. Both texts are constant: they never quote the request. */
export class PageFailure extends Error {
  readonly link: { readonly label: string; readonly href: string } | undefined;

  constructor(
    readonly status: number,
    readonly title: string,
    readonly explanation: string,
    readonly advice: string,
    options: ErrorOptions & { link?: { label: string; href: string } } = {},
  ) {
    super(`${title}: ${explanation}`, options);
    this.link = options.link;
  }
}
