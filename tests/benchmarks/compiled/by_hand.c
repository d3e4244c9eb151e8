/* The training steps of works.py, written by hand for one machine: the limit that engines are held to.

   A batch is a matrix with a row for each sample, whose last number is a 1, for the bias: a layer is then one product
   of matrices, and its weights a matrix with a row for each input, the biases in the last row. Rows are multiples of
   LANES long, so that units fill whole vectors; what is added to fill them up stays 0.

   gcc -O3 -march=native -ffast-math -fPIC -c by_hand.c && gcc -shared -o by_hand.so by_hand.o -lm */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define ALIGNED _Alignas(sizeof(vector))

enum { LANES = 8, TILE_ROWS = 5, TILE_VECTORS = 2 };

typedef double vector __attribute__((vector_size(LANES * sizeof(double)), may_alias));

/* Room for parameters, filled with 0. */
double *aligned_numbers(int count)
{
    size_t bytes = ((size_t)count + LANES - 1) / LANES * sizeof(vector);
    return memset(aligned_alloc(sizeof(vector), bytes), 0, bytes);
}

/* ---- products of matrices ------------------------------------------------------------------------ */

/* A corner of a product: out = a b, of at most TILE_ROWS rows and of TILE_VECTORS vectors, all in registers.
   a[r][k] is at a + r * a_row + k * a_step, so a may also be read as its transpose. */
INLINE void tile(int rows, int length, double *restrict out, int out_row,
                 const double *restrict a, int a_row, int a_step, const double *restrict b, int b_row)
{
    vector sum[TILE_ROWS][TILE_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < TILE_VECTORS; v++)
            sum[r][v] = (vector){0};
    for (int k = 0; k < length; k++)
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < TILE_VECTORS; v++)
                sum[r][v] += a[r * a_row + k * a_step] * *(const vector *)(b + k * b_row + v * LANES);
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < TILE_VECTORS; v++)
            *(vector *)(out + r * out_row + v * LANES) = sum[r][v];
}

/* out = a b, tile by tile; its sums have `length` terms. Sizes are constants wherever this is used, so loops unroll. */
INLINE void product(int rows, int columns, int length, double *restrict out, int out_row,
                    const double *restrict a, int a_row, int a_step, const double *restrict b, int b_row)
{
    for (int c = 0; c < columns; c += TILE_VECTORS * LANES) {
        int r = 0;
        for (; r + TILE_ROWS <= rows; r += TILE_ROWS)
            tile(TILE_ROWS, length, out + r * out_row + c, out_row, a + r * a_row, a_row, a_step, b + c, b_row);
        if (rows % TILE_ROWS)
            tile(rows % TILE_ROWS, length, out + r * out_row + c, out_row, a + r * a_row, a_row, a_step, b + c, b_row);
    }
}

/* The transpose of a matrix of `rows` rows and `columns` columns. */
INLINE void turn(int rows, int columns, const double *restrict a, int a_row, double *restrict turned, int turned_row)
{
    for (int c = 0; c < columns; c++)
        for (int r = 0; r < rows; r++)
            turned[c * turned_row + r] = a[r * a_row + c];
}

/* ---- relu, on rows of h, which end in a 1 --------------------------------------------------------- */

INLINE void rectify(int rows, int columns, double *restrict h, int h_row)
{
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++)
            h[r * h_row + c] = h[r * h_row + c] > 0 ? h[r * h_row + c] : 0;
        h[r * h_row + columns] = 1;
    }
}

INLINE void rectify_backward(int rows, int columns, double *restrict g, int g_row, const double *restrict h, int h_row)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            g[r * g_row + c] *= h[r * h_row + c] > 0;
}

/* ---- MLP 2-16-16-1, hinge loss and 1e-4 times the sum of squares ---------------------------------- */

enum { MOONS = 100, UNITS = 16, ROW = UNITS + LANES };

struct moons { double w1[3][UNITS], w2[UNITS + 1][UNITS], w3[ROW]; };

/* p -= lr * (g + 2e-4 p) for all parameters; the sum of their squares before. */
INLINE double descend_with_penalty(int count, double *restrict p, const double *restrict g, double lr)
{
    double squares = 0;
    for (int k = 0; k < count; k++) {
        squares += p[k] * p[k];
        p[k] -= lr * (g[k] + 2e-4 * p[k]);
    }
    return squares;
}

/* The last layer and its hinge loss; the gradients by w3, and by what goes into the relu that gave h. */
INLINE double hinge(const double (*restrict h)[ROW], const double *restrict w3, const double *restrict sides,
                    double *restrict w3_gradient, double (*restrict g)[UNITS])
{
    double slopes[MOONS], sums[ROW] = {0}, loss = 0;
    for (int s = 0; s < MOONS; s++) {
        double score = w3[UNITS];
        for (int j = 0; j < UNITS; j++)
            score += h[s][j] * w3[j];
        slopes[s] = score;
    }
    for (int s = 0; s < MOONS; s++) {
        double margin = 1 - sides[s] * slopes[s];
        loss += margin > 0 ? margin : 0;
        slopes[s] = margin > 0 ? -sides[s] / MOONS : 0;
    }
    for (int s = 0; s < MOONS; s++)
        for (int j = 0; j < ROW; j++)
            sums[j] += slopes[s] * h[s][j];
    for (int j = 0; j < ROW; j++)
        w3_gradient[j] = sums[j];
    for (int s = 0; s < MOONS; s++)
        for (int j = 0; j < UNITS; j++)
            g[s][j] = h[s][j] > 0 ? slopes[s] * w3[j] : 0;
    return loss / MOONS;
}

double moons_step(struct moons *p, const double (*inputs)[3], const double *sides, double lr)
{
    static ALIGNED double h1[MOONS][ROW], h2[MOONS][ROW], g1[MOONS][UNITS], g2[MOONS][UNITS], w2_turned[UNITS][UNITS];
    static ALIGNED struct moons g;

    product(MOONS, UNITS, 3, h1[0], ROW, inputs[0], 3, 1, p->w1[0], UNITS);
    rectify(MOONS, UNITS, h1[0], ROW);
    product(MOONS, UNITS, UNITS + 1, h2[0], ROW, h1[0], ROW, 1, p->w2[0], UNITS);
    rectify(MOONS, UNITS, h2[0], ROW);
    double loss = hinge(h2, p->w3, sides, g.w3, g2);

    turn(UNITS, UNITS, p->w2[0], UNITS, w2_turned[0], UNITS);
    product(UNITS + 1, UNITS, MOONS, g.w2[0], UNITS, h1[0], 1, ROW, g2[0], UNITS);
    product(MOONS, UNITS, UNITS, g1[0], UNITS, g2[0], UNITS, 1, w2_turned[0], UNITS);
    rectify_backward(MOONS, UNITS, g1[0], UNITS, h1[0], ROW);
    product(3, UNITS, MOONS, g.w1[0], UNITS, inputs[0], 1, 3, g1[0], UNITS);

    return loss + 1e-4 * descend_with_penalty(sizeof g / sizeof(double), p->w1[0], g.w1[0], lr);
}

/* ---- MLP 64-32-10, softmax cross-entropy ---------------------------------------------------------- */

enum { DIGITS = 64, PIXELS = 64, HIDDEN = 32, HIDDEN_ROW = HIDDEN + LANES, CLASSES = 10, CLASSES_ROW = 16 };

struct digits { double w1[PIXELS + 1][HIDDEN], w2[HIDDEN + 1][CLASSES_ROW]; };

/* The cross-entropy of rows of logits z, which become the gradients by them. In the middle, samples are innermost. */
INLINE double cross_entropy(double (*restrict z)[CLASSES_ROW], const double *restrict classes)
{
    ALIGNED double e[CLASSES][DIGITS], largest[DIGITS], total[DIGITS];
    double loss = 0;
    for (int s = 0; s < DIGITS; s++)
        loss -= z[s][(int)classes[s]];
    turn(DIGITS, CLASSES, z[0], CLASSES_ROW, e[0], DIGITS);
    for (int s = 0; s < DIGITS; s++)
        largest[s] = e[0][s], total[s] = 0;
    for (int c = 1; c < CLASSES; c++)
        for (int s = 0; s < DIGITS; s++)
            largest[s] = e[c][s] > largest[s] ? e[c][s] : largest[s];
    for (int c = 0; c < CLASSES; c++)
        for (int s = 0; s < DIGITS; s++) {
            e[c][s] = exp(e[c][s] - largest[s]);
            total[s] += e[c][s];
        }
    for (int s = 0; s < DIGITS; s++) {
        loss += largest[s] + log(total[s]);
        total[s] = 1 / (DIGITS * total[s]);
    }
    for (int c = 0; c < CLASSES; c++)
        for (int s = 0; s < DIGITS; s++)
            e[c][s] *= total[s];
    turn(CLASSES, DIGITS, e[0], DIGITS, z[0], CLASSES_ROW);
    for (int s = 0; s < DIGITS; s++)
        z[s][(int)classes[s]] -= 1.0 / DIGITS;
    return loss / DIGITS;
}

double digits_step(struct digits *p, const double (*inputs)[PIXELS + 1], const double *classes, double lr)
{
    static ALIGNED double h[DIGITS][HIDDEN_ROW], z[DIGITS][CLASSES_ROW], g1[DIGITS][HIDDEN], w2_turned[CLASSES][HIDDEN];
    static ALIGNED struct digits g;

    product(DIGITS, HIDDEN, PIXELS + 1, h[0], HIDDEN_ROW, inputs[0], PIXELS + 1, 1, p->w1[0], HIDDEN);
    rectify(DIGITS, HIDDEN, h[0], HIDDEN_ROW);
    product(DIGITS, CLASSES_ROW, HIDDEN + 1, z[0], CLASSES_ROW, h[0], HIDDEN_ROW, 1, p->w2[0], CLASSES_ROW);
    double loss = cross_entropy(z, classes);

    turn(HIDDEN, CLASSES, p->w2[0], CLASSES_ROW, w2_turned[0], HIDDEN);
    product(HIDDEN + 1, CLASSES_ROW, DIGITS, g.w2[0], CLASSES_ROW, h[0], 1, HIDDEN_ROW, z[0], CLASSES_ROW);
    product(DIGITS, HIDDEN, CLASSES, g1[0], HIDDEN, z[0], CLASSES_ROW, 1, w2_turned[0], HIDDEN);
    rectify_backward(DIGITS, HIDDEN, g1[0], HIDDEN, h[0], HIDDEN_ROW);
    product(PIXELS + 1, HIDDEN, DIGITS, g.w1[0], HIDDEN, inputs[0], 1, PIXELS + 1, g1[0], HIDDEN);

    double *weights = p->w1[0], *gradients = g.w1[0];
    for (int k = 0; k < (int)(sizeof g / sizeof(double)); k++)
        weights[k] -= lr * gradients[k];
    return loss;
}
