/** The PostgreSQL that the server starts by itself cannot run; the message is for the person who typed `npm start`. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
  }
}
