// One block of the tower: see block.h.
#include "model/block.h"

namespace seedling {

NormOptions norm_options(const ModelConfig& config) {
  return {config.norm, config.norm_epsilon, config.norm_gain, config.norm_gain && config.bias};
}

void Block::declare(Parameters& parameters, int64_t layer, const ModelConfig& config) {
  const std::string name = "blocks." + std::to_string(layer);
  post_norm_ = config.post_norm;
  C_ = config.channels;

  AttentionOptions attention;
  attention.C = C_, attention.NH = config.heads, attention.NK = config.kv_heads,
  attention.HS = config.head_size;
  attention.causal = config.causal, attention.bias = config.bias;
  attention.qk_norm = config.qk_norm, attention.norm_gain = config.norm_gain;
  attention.epsilon = config.norm_epsilon;
  attention.rope_theta = config.positions == PositionKind::rotary ? config.rope_theta : 0.0f;
  attention.token_shift = config.token_shift;

  MlpOptions mlp;
  mlp.C = C_, mlp.F = config.mlp_channels, mlp.activation = config.activation;
  mlp.gated = config.gated_mlp, mlp.bias = config.bias, mlp.token_shift = config.token_shift;

  attention_norm_.declare(parameters, name + ".attention_norm", C_, norm_options(config));
  attention_.declare(parameters, name + ".attention", layer, attention);
  mlp_norm_.declare(parameters, name + ".mlp_norm", C_, norm_options(config));
  mlp_.declare(parameters, name + ".mlp", layer, mlp);
}

void Block::forward(Pass& pass, Tensor y, const Tensor& x) {
  const Tensor middle = pass.take(x.rows(), C_);  // the stream between the two branches
  const Tensor a = pass.take(x.rows(), C_);
  const Tensor b = pass.take(x.rows(), C_);
  if (post_norm_) {
    attention_.forward(pass, a, x, x);  // a = x + attention(x)
    attention_norm_.forward(pass, middle, a);
    mlp_.forward(pass, b, middle, middle);  // b = middle + mlp(middle)
    mlp_norm_.forward(pass, y, b);
  } else {
    attention_norm_.forward(pass, a, x);
    attention_.forward(pass, middle, a, x);
    mlp_norm_.forward(pass, b, middle);
    mlp_.forward(pass, y, b, middle);
  }
}

void Block::backward(Pass& pass, Tensor d) {
  const Arena::Scope scope(pass.arena);
  const Tensor t = pass.take(d.rows(), C_);
  if (post_norm_) {
    mlp_norm_.backward(pass, t, d);         // t = db
    mlp_.backward(pass, t, t, true);        // t = dmiddle: the residual's part is db itself
    attention_norm_.backward(pass, d, t);   // d = da
    attention_.backward(pass, d, d, true);  // d = dx
  } else {
    mlp_.backward(pass, t, d, false);      // t = db
    mlp_norm_.backward(pass, d, t, true);  // d = dmiddle: the residual's part is dy itself
    attention_.backward(pass, t, d, false);
    attention_norm_.backward(pass, d, t, true);
  }
}

}  // namespace seedling
