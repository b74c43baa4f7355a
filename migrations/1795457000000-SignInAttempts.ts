import { MigrationInterface, QueryRunner } from 'typeorm';

export class SignInAttempts1795457000000 implements MigrationInterface {
  name = 'SignInAttempts1795457000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // Unlogged: written at each sign-in, and what a crash of the database loses is a day's delays.
    await queryRunner.query(`
            CREATE UNLOGGED TABLE "sign_in_attempts" (
                "key" bytea NOT NULL,
                "count" integer NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "sign_in_attempts_pkey" PRIMARY KEY ("key")
            )
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "sign_in_attempts"');
  }
}
