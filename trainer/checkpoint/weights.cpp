#include "checkpoint/weights.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace seedling {

std::vector<float> download(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.size()));
  if (tensor.dtype() == DType::f32) {
    backend.copy_to_host(values.data(), tensor.raw(), tensor.bytes());
    return values;
  }
  require(tensor.dtype() == DType::f64, "parameters are f32, or f64 on the reference backend");
  std::vector<double> wide(values.size());
  backend.copy_to_host(wide.data(), tensor.raw(), tensor.bytes());
  std::copy(wide.begin(), wide.end(), values.begin());
  return values;
}

void upload(Backend& backend, const Tensor& tensor, const std::vector<float>& values) {
  require(static_cast<int64_t>(values.size()) == tensor.size(), "as many values as the tensor has elements");
  if (tensor.dtype() == DType::f32) {
    backend.copy_to_device(tensor.raw(), values.data(), tensor.bytes());
    return;
  }
  require(tensor.dtype() == DType::f64, "parameters are f32, or f64 on the reference backend");
  const std::vector<double> wide(values.begin(), values.end());
  backend.copy_to_device(tensor.raw(), wide.data(), tensor.bytes());
}

void to_file_layout(float* stored, const std::vector<float>& ours, const TensorEntry& entry) {
  const float* rows = ours.data() + entry.row_begin * entry.columns;
  if (!entry.transposed) {
    std::copy_n(rows, entry.size(), stored);
    return;
  }
  for (int64_t r = 0; r < entry.rows; ++r)
    for (int64_t c = 0; c < entry.columns; ++c) stored[c * entry.rows + r] = rows[r * entry.columns + c];
}

void from_file_layout(std::vector<float>& ours, const float* stored, const TensorEntry& entry) {
  float* rows = ours.data() + entry.row_begin * entry.columns;
  if (!entry.transposed) {
    std::copy_n(stored, entry.size(), rows);
    return;
  }
  for (int64_t r = 0; r < entry.rows; ++r)
    for (int64_t c = 0; c < entry.columns; ++c) rows[r * entry.columns + c] = stored[c * entry.rows + r];
}

bool is_adapter_parameter(const std::string& name) { return name.find(".lora_") != std::string::npos; }

std::vector<TensorEntry> checkpoint_entries(Model& model) {
  std::vector<TensorEntry> entries;
  if (model.config().model_type == "seedling") {
    for (const Parameter& parameter : model.parameters().all()) {
      if (is_adapter_parameter(parameter.name)) continue;
      TensorEntry entry{parameter.name, parameter.name, 0, parameter.shape[0]};
      entry.columns = parameter.size() / parameter.shape[0];
      entry.vector = parameter.shape.size() == 1;
      for (const char* head : {"head.", "mlm.", "pooler.", "classifier.", "span."})
        if (parameter.name.rfind(head, 0) == 0) entry.head = true;
      entries.push_back(std::move(entry));
    }
    return entries;
  }
  entries = tensor_entries(model.config());
  std::map<std::string, int64_t> covered;
  for (const TensorEntry& entry : entries)
    if (!entry.copy) covered[entry.parameter] += entry.size();
  for (const Parameter& parameter : model.parameters().all())
    require(is_adapter_parameter(parameter.name) || covered[parameter.name] == parameter.size(),
            ("no Hugging Face tensor for " + parameter.name).c_str());
  return entries;
}

}  // namespace seedling
