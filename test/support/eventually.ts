/**
 * What `look` finds as soon as it throws nothing; what it threw last after so many seconds. For what happens
 * beside a request.
 */
export async function eventually<T>(look: () => Promise<T>, seconds = 10): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; await new Promise((resolve) => setTimeout(resolve, 25))) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
