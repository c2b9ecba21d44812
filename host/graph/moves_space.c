/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of an image that become channels or batches, and back. An image and its cells hold the
 * same elements: pixel (y, x) is element (y % block, x % block) of the block at cell (y / block,
 * x / block).
 */
#include "graph/const_params.h"
#include "graph/moves_nest.h"

/* One side of the image and the cells: the loops of each direction. */
static void add_loop(struct kl_nest *nest, int32_t dim, int32_t cells_step, int32_t image_step,
                     bool to_cells)
{
    nest->dim[nest->rank] = dim;
    nest->in_step[nest->rank] = to_cells ? image_step : cells_step;
    nest->out_step[nest->rank] = to_cells ? cells_step : image_step;
    nest->rank++;
}

enum kl_err kl_moves_space_depth(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                                 struct kl_diag *diag)
{
    (void)diag;
    bool to_cells = op->kind == KL_OP_SPACE_TO_DEPTH;
    const struct kl_shape *cells = &(to_cells ? op->outputs[0] : op->inputs[0])->shape;
    const struct kl_shape *image = &(to_cells ? op->inputs[0] : op->outputs[0])->shape;
    size_t elem = kl_dtype_bytes(op->outputs[0]->dtype);
    int32_t block = op->attr.block.size;
    int32_t cell[KL_MAX_RANK], pixel[KL_MAX_RANK];
    struct kl_nest nest = {0};
    kl_dense_steps(cells, elem, cell);
    kl_dense_steps(image, elem, pixel);
    add_loop(&nest, image->dim[0], cell[0], pixel[0], to_cells);
    add_loop(&nest, cells->dim[1], cell[1], pixel[1] * block, to_cells);
    add_loop(&nest, block, cell[3] * image->dim[3] * block, pixel[1], to_cells);
    add_loop(&nest, cells->dim[2], cell[2], pixel[2] * block, to_cells);
    add_loop(&nest, block, cell[3] * image->dim[3], pixel[2], to_cells);
    add_loop(&nest, image->dim[3], cell[3], pixel[3], to_cells);
    moves[(*count)++] = (struct kl_op_move){.move = kl_pack_nest(nest, elem)};
    return KL_OK;
}

/* Neighbouring places in a block, and the cells at which the image has a pixel for them. */
struct stretch {
    int32_t place, places;
    int32_t cell, cells;
};

/*
 * The stretches of one side. As the place in the block grows, first and last cell inside the image
 * each change at most once: three stretches at most.
 */
static int32_t find_stretches(int32_t image, int32_t cells, int32_t block, int32_t before,
                              struct stretch stretches[3])
{
    int32_t count = 0;
    for (int32_t place = 0; place < block; place++) {
        int32_t outside = before > place ? (before - place + block - 1) / block : 0;
        int32_t end = (int32_t)(((int64_t)image + before - place + block - 1) / block);
        end = end < cells ? end : cells;
        struct stretch *last = count ? &stretches[count - 1] : NULL;
        if (end <= outside) {
            continue;
        }
        if (last && last->place + last->places == place && last->cell == outside &&
            last->cells == end - outside) {
            last->places++;
        } else {
            stretches[count++] = (struct stretch){place, 1, outside, end - outside};
        }
    }
    return count;
}

/* Both tensors as [batch, height, width, channels], in bytes. */
struct blocks {
    bool to_cells;
    size_t elem;
    int32_t batch;
    int32_t block[2], before[2];
    int32_t image[4], cells[4];           /* dimensions */
    int32_t image_step[4], cells_step[4]; /* bytes */
};

static void four_dimensions(const struct kl_shape *shape, int32_t sides, size_t elem,
                            int32_t dim[4], int32_t step[4])
{
    dim[0] = shape->dim[0];
    dim[1] = shape->dim[1];
    dim[2] = sides > 1 ? shape->dim[2] : 1;
    dim[3] = 1;
    for (int32_t i = sides + 1; i < shape->rank; i++) {
        dim[3] *= shape->dim[i];
    }
    step[3] = (int32_t)elem;
    step[2] = step[3] * dim[3];
    step[1] = step[2] * dim[2];
    step[0] = step[1] * dim[1];
}

/* From one cell to the next in the image; of one cell the step may not even fit. */
static int32_t block_step(int32_t step, int32_t block, int32_t cells)
{
    return cells > 1 ? step * block : 0;
}

static struct kl_op_move move_of(const struct blocks *b, const struct stretch *y,
                                 const struct stretch *x)
{
    struct kl_nest nest = {0};
    int32_t place = b->cells_step[0] * b->batch; /* to the next place in a block */
    add_loop(&nest, y->places, place * b->block[1], b->image_step[1], b->to_cells);
    add_loop(&nest, x->places, place, b->image_step[2], b->to_cells);
    add_loop(&nest, b->batch, b->cells_step[0], b->image_step[0], b->to_cells);
    add_loop(&nest, y->cells, b->cells_step[1], block_step(b->image_step[1], b->block[0], y->cells),
             b->to_cells);
    add_loop(&nest, x->cells, b->cells_step[2], block_step(b->image_step[2], b->block[1], x->cells),
             b->to_cells);
    add_loop(&nest, b->image[3], b->cells_step[3], b->image_step[3], b->to_cells);
    int32_t image_y = y->cell * b->block[0] + y->place - b->before[0];
    int32_t image_x = x->cell * b->block[1] + x->place - b->before[1];
    size_t in_image =
        (size_t)image_y * (size_t)b->image_step[1] + (size_t)image_x * (size_t)b->image_step[2];
    size_t in_cells = (size_t)(y->place * b->block[1] + x->place) * (size_t)place +
                      (size_t)y->cell * (size_t)b->cells_step[1] +
                      (size_t)x->cell * (size_t)b->cells_step[2];
    return (struct kl_op_move){.in_offset = b->to_cells ? in_image : in_cells,
                               .out_offset = b->to_cells ? in_cells : in_image,
                               .move = kl_pack_nest(nest, b->elem)};
}

enum kl_err kl_moves_blocks(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                            struct kl_diag *diag)
{
    struct blocks b = {.to_cells = op->kind == KL_OP_SPACE_TO_BATCH_ND,
                       .elem = kl_dtype_bytes(op->outputs[0]->dtype)};
    struct kl_block_params params;
    struct stretch y[3], x[3];
    KL_TRY(kl_op_blocks(op, &params, diag));
    for (int32_t i = 0; i < 2; i++) {
        b.block[i] = i < params.sides ? params.block[i] : 1;
        b.before[i] = i < params.sides ? params.before[i] : 0;
    }
    four_dimensions(&op->inputs[0]->shape, params.sides, b.elem, b.to_cells ? b.image : b.cells,
                    b.to_cells ? b.image_step : b.cells_step);
    four_dimensions(&op->outputs[0]->shape, params.sides, b.elem, b.to_cells ? b.cells : b.image,
                    b.to_cells ? b.cells_step : b.image_step);
    b.batch = b.image[0];
    int32_t y_count = find_stretches(b.image[1], b.cells[1], b.block[0], b.before[0], y);
    int32_t x_count = find_stretches(b.image[2], b.cells[2], b.block[1], b.before[1], x);
    for (int32_t i = 0; i < y_count * x_count; i++) {
        moves[(*count)++] = move_of(&b, &y[i / x_count], &x[i % x_count]);
    }
    return KL_OK;
}
