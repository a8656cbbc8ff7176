// Random initial values, the same on every device and at any number of threads.
#pragma once

#include "model/config.h"
#include "tensor/parameters.h"

namespace seedling {

/// Fills all parameters: matrices and tables normal(0, 0.02), the last matrix of each residual branch
/// normal(0, 0.02 / sqrt(2 L)) (Radford et al. 2019), gains one, biases and shifts zero; with
/// config.zero_init those last matrices and an untied head are zero. Element i of a parameter is a function
/// of the seed, the parameter's name and i alone.
void initialize_parameters(const ModelConfig& config, Backend& backend, Parameters& parameters,
                           uint64_t seed);

}  // namespace seedling
