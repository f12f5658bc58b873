/** There is more to do than can be done in time. Nothing was begun: whoever asked may ask again. */
export class Overload extends Error {
  constructor(
    readonly what: 'requests' | 'password hashes' | 'password estimates',
    readonly waiting: number,
  ) {
    super(`${waiting} ${what} are under way`);
  }
}
