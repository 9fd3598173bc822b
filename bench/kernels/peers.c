/*
 * Scores queries against subjects with SSW and parasail, one thread; a gap of k costs 11 + k.
 *   peers MATRIX QUERIES SUBJECTS SCORES
 * MATRIX as NCBI writes them; QUERIES and SUBJECTS hold one sequence per line; SCORES receives int32, queries x subjects.
 * Prints "tool<tab>seconds" per tool. Fails where a tool's scores are not the first's.
 */
#include <parasail.h>
#include <parasail/cpuid.h>
#include <ssw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  char **text;
  int *length;
  int count;
} Sequences;

static Sequences read_lines(const char *path) {
  Sequences s = {0};
  FILE *file = fopen(path, "r");
  if (!file) exit((perror(path), 1));
  char *line = NULL;
  size_t size = 0;
  ssize_t n;
  while ((n = getline(&line, &size, file)) > 0) {
    if (line[n - 1] == '\n') line[--n] = 0;
    s.text = realloc(s.text, (s.count + 1) * sizeof *s.text);
    s.length = realloc(s.length, (s.count + 1) * sizeof *s.length);
    s.text[s.count] = strdup(line);
    s.length[s.count++] = n;
  }
  fclose(file);
  return s;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void check(const char *name, const int32_t *first, const int32_t *scores, int count) {
  for (int i = 0; i < count; i++)
    if (first[i] != scores[i]) {
      fprintf(stderr, "%s: pair %d scores %d, SSW %d\n", name, i, scores[i], first[i]);
      exit(1);
    }
}

static void run_ssw(Sequences q, Sequences s, const parasail_matrix_t *matrix, int32_t *scores) {
  int n = matrix->size;
  int8_t *table = malloc(n * n);
  for (int i = 0; i < n * n; i++) table[i] = matrix->matrix[i];
  int8_t **subjects = malloc(s.count * sizeof *subjects);
  for (int j = 0; j < s.count; j++) {
    subjects[j] = malloc(s.length[j] + 1);
    for (int k = 0; k < s.length[j]; k++) subjects[j][k] = matrix->mapper[(unsigned char)s.text[j][k]];
  }
  int8_t *query = NULL;
  double start = now();
  for (int i = 0; i < q.count; i++) {
    query = realloc(query, q.length[i] + 1);
    for (int k = 0; k < q.length[i]; k++) query[k] = matrix->mapper[(unsigned char)q.text[i][k]];
    s_profile *profile = ssw_init(query, q.length[i], table, n, 2);
    for (int j = 0; j < s.count; j++) {
      s_align *a = ssw_align(profile, subjects[j], s.length[j], 12, 1, 0, 0, 0, 15);
      scores[(size_t)i * s.count + j] = a->score1;
      align_destroy(a);
    }
    init_destroy(profile);
  }
  printf("SSW\t%.4f\n", now() - start);
}

typedef parasail_profile_t *Create(const char *, int, const parasail_matrix_t *);
typedef parasail_result_t *Run(const parasail_profile_t *, const char *, int, int, int);

static void run_parasail(const char *name, Create *create8, Run *run8, Create *create16, Run *run16, Sequences q,
                         Sequences s, const parasail_matrix_t *matrix, const int32_t *first) {
  int32_t *scores = malloc((size_t)s.count * q.count * sizeof *scores);
  double start = now();
  for (int i = 0; i < q.count; i++) {
    parasail_profile_t *narrow = create8(q.text[i], q.length[i], matrix);
    parasail_profile_t *wide = create16(q.text[i], q.length[i], matrix);
    for (int j = 0; j < s.count; j++) {
      parasail_result_t *r = run8(narrow, s.text[j], s.length[j], 12, 1);
      if (parasail_result_is_saturated(r)) {
        parasail_result_free(r);
        r = run16(wide, s.text[j], s.length[j], 12, 1);
      }
      scores[(size_t)i * s.count + j] = parasail_result_get_score(r);
      parasail_result_free(r);
    }
    parasail_profile_free(narrow);
    parasail_profile_free(wide);
  }
  printf("%s\t%.4f\n", name, now() - start);
  check(name, first, scores, s.count * q.count);
  free(scores);
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: peers MATRIX QUERIES SUBJECTS SCORES\n"), 2;
  Sequences q = read_lines(argv[2]), s = read_lines(argv[3]);
  const parasail_matrix_t *matrix = parasail_matrix_from_file(argv[1]);
  if (!matrix) return 1;
  int32_t *scores = malloc((size_t)s.count * q.count * sizeof *scores);
  run_ssw(q, s, matrix, scores);
  run_parasail("parasail SSE4.1", parasail_profile_create_sse_128_8, parasail_sw_striped_profile_sse41_128_8,
               parasail_profile_create_sse_128_16, parasail_sw_striped_profile_sse41_128_16, q, s, matrix, scores);
  if (parasail_can_use_avx2())
    run_parasail("parasail AVX2", parasail_profile_create_avx_256_8, parasail_sw_striped_profile_avx2_256_8,
                 parasail_profile_create_avx_256_16, parasail_sw_striped_profile_avx2_256_16, q, s, matrix, scores);
  FILE *out = fopen(argv[4], "wb");
  if (!out || fwrite(scores, sizeof *scores, (size_t)s.count * q.count, out) != (size_t)s.count * q.count || fclose(out))
    exit((perror(argv[4]), 1));
  return 0;
}
